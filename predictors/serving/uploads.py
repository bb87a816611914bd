"""What clients send: measured before it is decoded."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from PIL import Image, UnidentifiedImageError

from utils.files.images import FORMATS, Page, UnreadableImage, page_frames
from utils.files.pdf_pages import BrokenPdf, sizes_of_pdf
from utils.files.pictures import PDF_START, pages_of

MEGA = 1_000_000
LONGEST_NAME = 150  # bytes: endings and numbers come on top


class Refused(Exception):
    """An upload that is not worked on; the message is one line.

    Attributes:
        status: the HTTP status that says so.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Upload:
    """What a client sent: the file's content, and what it is called there."""

    content: bytes
    name: str


def own_name(filename: str | None) -> str:
    """What an upload is called in what is written of it: its own name without folders and what no file name may hold."""
    last = (filename or "").replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if character.isprintable() and character not in '<>:"|?*')
    return kept.encode()[-LONGEST_NAME:].decode("utf-8", "ignore").lstrip(".") or "page.png"


class PixelBudget:
    """How many pixels a server holds at once, decoded or about to be, of all requests together.

    Args:
        megapixels: at most.
    """

    def __init__(self, megapixels: int) -> None:
        self.left = megapixels * MEGA
        self._lock = threading.Lock()

    @contextmanager
    def holding(self, pixels: int) -> Iterator[None]:
        """Takes so many for the time of a block; raises Refused where others have them."""
        with self._lock:
            if pixels > self.left:
                raise Refused(503, "too many pictures are waiting; try again later")
            self.left -= pixels
        try:
            yield
        finally:
            with self._lock:
                self.left += pixels


def measured(content: bytes, wanted: int, most_pages: int, megapixels: int) -> int:
    """How many pixels the first pages of an uploaded image, TIFF or PDF have, by its headers.

    Args:
        content: of the file.
        wanted: how many pages are looked at.
        most_pages: that a file may have where more than one is looked at.
        megapixels: that all wanted pages may have together.

    Raises:
        Refused: it is empty, no image, broken, or too large.
    """
    if not content:
        raise Refused(400, "the file is empty")
    is_pdf = content[: len(PDF_START)] == PDF_START
    sizes, count = _sizes_of_pdf(content, wanted) if is_pdf else _sizes(content, wanted, most_pages, megapixels)
    if wanted > 1 and count > most_pages:
        raise Refused(413, f"the file has more than the {most_pages} pages that are allowed")
    pixels = sum(width * height for width, height in sizes)
    if pixels > megapixels * MEGA:
        raise Refused(413, f"the pictures have {pixels / MEGA:.0f} megapixels, and {megapixels} are allowed")
    return pixels


def pages_in(content: bytes, wanted: int, given_up: threading.Event) -> list[Page]:
    """The first pages of an upload that was measured.

    Args:
        content: of the file.
        wanted: how many.
        given_up: set when nobody waits any more; then the pages that are left are not decoded.

    Raises:
        Refused: it is broken.
    """
    pages = []
    try:
        for page in islice(pages_of(content), wanted):
            pages.append(page)
            if given_up.is_set():
                break
    except UnreadableImage as error:
        raise Refused(422, str(error)) from error
    return pages


def _sizes_of_pdf(content: bytes, wanted: int) -> tuple[list[tuple[int, int]], int]:
    try:
        return sizes_of_pdf(content, wanted)
    except BrokenPdf as error:
        raise Refused(422, str(error)) from error


def _sizes(content: bytes, wanted: int, most_pages: int, megapixels: int) -> tuple[list[tuple[int, int]], int]:
    """Widths and heights of an image's first pages, and how many it has."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as file:
            frames, sizes = page_frames(file, most_pages + 1 if wanted > 1 else 1), []
            for number in frames[:wanted]:
                file.seek(number)
                sizes.append(file.size)
            return sizes, len(frames)
    except Image.DecompressionBombError as error:
        raise Refused(413, f"the picture has more than {megapixels} megapixels") from error
    except UnidentifiedImageError as error:
        raise Refused(422, "the file is not an image in a format that can be read") from error
    except Exception as error:  # Pillow's readers raise errors of many kinds on broken files
        raise Refused(422, f"the image cannot be read ({' '.join(str(error).split())[:200]})") from error
