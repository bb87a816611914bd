"""The pages of PDF files as pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

SUFFIX = ".pdf"
DPI = 250  # enough for handwriting: an x-height of 2.5 mm comes to 25 pixels
LARGEST_SIDE_PX = 8000  # a larger page is drawn smaller


class BrokenPdf(Exception):
    """A PDF cannot be read; the message is one line without its name."""


def draw_pdf(source: Path | bytes) -> Iterator[tuple[np.ndarray, float, int]]:
    """Draws a file, or its content, page by page, so that memory does not grow with their number.

    Yields:
        Pixels uint8 (H, W, 3), pixels an inch, and how many pages there are.

    Raises:
        BrokenPdf: it is broken, or wants a password.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        raise BrokenPdf(f"the PDF cannot be read ({' '.join(str(error).split())})") from error
    try:
        count = len(document)
        if not count:
            raise BrokenPdf("the PDF has no pages")
        for number in range(count):
            yield (*_draw(document, number), count)
    finally:
        document.close()


def _draw(document: Any, number: int) -> tuple[np.ndarray, float]:
    import pypdfium2

    try:
        page = document[number]
        scale = min(DPI / 72.0, LARGEST_SIDE_PX / max(page.get_size()))
        bitmap = page.render(scale=scale, rev_byteorder=True)
        pixels = np.array(bitmap.to_numpy()[..., :3])
        bitmap.close()
        page.close()
    except pypdfium2.PdfiumError as error:
        raise BrokenPdf(f"page {number + 1} of the PDF cannot be drawn ({' '.join(str(error).split())})") from error
    return pixels, scale * 72.0
