"""The pages of PDF files as pictures."""

import threading
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

SUFFIX = ".pdf"
DPI = 250  # enough for handwriting: an x-height of 2.5 mm comes to 25 pixels
LARGEST_SIDE_PX = 6000  # a larger page is drawn smaller
_drawing = threading.Lock()  # PDFium is not for two threads at once


class BrokenPdf(Exception):
    """A PDF cannot be read; the message is one line without its name."""


def draw_pdf(source: Path | bytes, first: int = 0) -> Iterator[tuple[np.ndarray, float, int]]:
    """Draws a file, or its content, page by page, so that memory does not grow with their number.

    Args:
        source: the file, or what is in it.
        first: the page to begin with, from 0 on.

    Yields:
        Pixels uint8 (H, W, 3), pixels an inch, and how many pages there are.

    Raises:
        BrokenPdf: it is broken, or wants a password.
    """
    with _drawing:
        document, count = _open(source)
    try:
        for number in range(first, count):
            with _drawing:
                pixels, dpi = _draw(document, number)
            yield pixels, dpi, count
    finally:
        with _drawing:
            document.close()


def sizes_of_pdf(source: Path | bytes, wanted: int) -> tuple[list[tuple[int, int]], int]:
    """Widths and heights in pixels of the first pages as `draw_pdf` draws them, and how many there are; raises BrokenPdf."""
    import pypdfium2

    with _drawing:
        document, count = _open(source)
        try:
            sizes = [document.get_page_size(number) for number in range(min(wanted, count))]
        except pypdfium2.PdfiumError as error:
            raise BrokenPdf(f"the PDF cannot be read ({' '.join(str(error).split())})") from error
        finally:
            document.close()
    return [(ceil(width * _scale(width, height)), ceil(height * _scale(width, height))) for width, height in sizes], count


def _scale(width: float, height: float) -> float:
    """Pixels for a point."""
    return min(DPI / 72.0, LARGEST_SIDE_PX / max(width, height, 1e-6))


def _open(source: Path | bytes) -> tuple[Any, int]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        raise BrokenPdf(f"the PDF cannot be read ({' '.join(str(error).split())})") from error
    count = len(document)
    if not count:
        document.close()
        raise BrokenPdf("the PDF has no pages")
    return document, count


def _draw(document: Any, number: int) -> tuple[np.ndarray, float]:
    import pypdfium2

    try:
        page = document[number]
        scale = _scale(*page.get_size())
        bitmap = page.render(scale=scale, rev_byteorder=True)
        pixels = np.array(bitmap.to_numpy()[..., :3])
        bitmap.close()
        page.close()
    except pypdfium2.PdfiumError as error:
        raise BrokenPdf(f"page {number + 1} of the PDF cannot be drawn ({' '.join(str(error).split())})") from error
    return pixels, scale * 72.0
