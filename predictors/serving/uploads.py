"""What clients send: looked at before it is decoded."""

import io
import threading
from itertools import islice

from PIL import Image, UnidentifiedImageError

from predictors.pages import pages_of
from utils.files.images import FORMATS, Page, UnreadableImage

PDF_START = b"%PDF-"
DECODED_AT_ONCE = 2
_decoding = threading.BoundedSemaphore(DECODED_AT_ONCE)  # so that many uploads do not take all memory at the same moment


class Refused(Exception):
    """An upload that is not worked on; the message is one line.

    Attributes:
        status: the HTTP status that says so.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def pages_in(content: bytes, wanted: int, most_pages: int, megapixels: int) -> list[Page]:
    """The first pages of an uploaded image, TIFF or PDF.

    Args:
        content: of the file.
        wanted: how many pages are looked at.
        most_pages: that a file may have.
        megapixels: that all wanted pages may have together.

    Raises:
        Refused: it is empty, no image, broken, or too large; a picture is measured by its header before it is decoded.
    """
    if not content:
        raise Refused(400, "the file is empty")
    if content[:5] != PDF_START:
        _check_sizes(content, wanted, megapixels)
    pages, pixels = [], 0
    with _decoding:
        try:
            for page in islice(pages_of(content), wanted):
                if page.count > most_pages:
                    raise Refused(413, f"the file has {page.count} pages, and {most_pages} are allowed")
                pages.append(page)
                pixels += page.pixels.shape[0] * page.pixels.shape[1]
                _check_total(pixels, megapixels)
        except UnreadableImage as error:
            raise Refused(422, str(error)) from error
    return pages


def _check_total(pixels: int, megapixels: int) -> None:
    if pixels > megapixels * 1_000_000:
        raise Refused(413, f"the pictures have {pixels / 1e6:.0f} megapixels, and {megapixels} are allowed")


def _check_sizes(content: bytes, wanted: int, megapixels: int) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as file:
            sizes = [file.size]
            for number in range(1, min(wanted, getattr(file, "n_frames", 1) if file.format == "TIFF" else 1)):
                file.seek(number)
                sizes.append(file.size)
    except Image.DecompressionBombError as error:
        raise Refused(413, f"the picture has more than {megapixels} megapixels") from error
    except UnidentifiedImageError as error:
        raise Refused(422, "the file is not an image in a format that can be read") from error
    except Exception as error:  # Pillow's readers raise errors of many kinds on broken files
        raise Refused(422, f"the image cannot be read ({' '.join(str(error).split())[:200]})") from error
    _check_total(sum(width * height for width, height in sizes), megapixels)
