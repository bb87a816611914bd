"""What clients send: looked at before it is decoded."""

import io
from itertools import islice

from PIL import Image, UnidentifiedImageError

from predictors.pages import pages_of
from utils.images import Page, UnreadableImage

PDF_START = b"%PDF-"


class Refused(Exception):
    """An upload that is not worked on; the message is one line.

    Attributes:
        status: the HTTP status that says so.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def pages_in(content: bytes, most_pages: int, megapixels: int) -> list[Page]:
    """The pages of an uploaded image, TIFF or PDF.

    Raises:
        Refused: it is empty, no image, broken, or too large; a picture is measured by its header before it is decoded.
    """
    if not content:
        raise Refused(400, "the file is empty")
    if content[:5] != PDF_START:
        _check_sizes(content, most_pages, megapixels)
    try:
        return list(islice(pages_of(content), most_pages))
    except UnreadableImage as error:
        raise Refused(422, str(error)) from error


def _check_sizes(content: bytes, most_pages: int, megapixels: int) -> None:
    try:
        with Image.open(io.BytesIO(content)) as file:
            sizes = [file.size]
            for number in range(1, min(most_pages, getattr(file, "n_frames", 1) if file.format == "TIFF" else 1)):
                file.seek(number)
                sizes.append(file.size)
    except Image.DecompressionBombError as error:
        raise Refused(413, f"the picture has more than {megapixels} megapixels") from error
    except UnidentifiedImageError as error:
        raise Refused(422, "the file is not an image in a format that can be read") from error
    except Exception as error:  # Pillow's readers raise errors of many kinds on broken files
        raise Refused(422, f"the image cannot be read ({' '.join(str(error).split())[:200]})") from error
    largest = max(width * height for width, height in sizes)
    if largest > megapixels * 1_000_000:
        raise Refused(413, f"the picture has {largest / 1e6:.0f} megapixels, and {megapixels} are allowed")
