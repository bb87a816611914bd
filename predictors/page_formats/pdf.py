"""A searchable PDF: the page as it looks, with its text invisible above it."""

import io
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

import numpy as np
import pikepdf
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from base.errors import UserError
from base.page import ReadPage, ReadWord
from base.registry import PAGE_FORMATS
from utils.drawing.korean_font import korean_font, needs_korean
from utils.files.pdf_pages import SUFFIX
from utils.files.whole import written_whole

POINTS_PER_INCH = 72.0
USUAL_HEIGHT_INCHES = 11.69  # of a page that does not say how large it is: A4
INVISIBLE = 3
JPEG_QUALITY = 85
EM_OF_X_HEIGHT = 2.0


@PAGE_FORMATS.register("pdf")
def write(page: ReadPage, stem: Path) -> Path:
    """Writes ``<stem>.pdf``: what was read can be searched and copied word by word.

    Of a page of a PDF it holds the text alone, which `bind` lays onto the page itself.
    """
    path = stem.with_name(f"{stem.name}{SUFFIX}")
    with written_whole(path) as aside:
        aside.write_bytes(pdf_of(page))
    return path


def bind(source: Path, parts: list[Path | None], path: Path) -> None:
    """Makes one file of those of the pages, which go.

    Args:
        source: what they are pages of: of a PDF the pages are kept as they are, and the texts laid onto them.
        parts: what `write` wrote for each page; None for a page that was not read.
        path: of the one file; it may be that of a part.

    Raises:
        UserError: it cannot be written, or the PDF cannot be taken apart; the pages' own files stay.
    """
    try:
        _bind(source, parts, path)
    except pikepdf.PdfError as error:
        raise UserError(f"{path}: the pages of {source} cannot be bound ({' '.join(str(error).split())})") from error
    for part in parts:
        if part is not None and part != path:
            part.unlink()


def _bind(source: Path, parts: list[Path | None], path: Path) -> None:
    with ExitStack() as files:
        texts = [None if part is None else files.enter_context(opened(part, path)) for part in parts]
        of_pdf = source.suffix.lower() == SUFFIX
        book = files.enter_context(pikepdf.open(source) if of_pdf else pikepdf.new())
        for number, text in enumerate(texts):
            if text is not None and of_pdf:
                page = book.pages[number]
                page.add_overlay(text.pages[0], pikepdf.Rectangle(page.cropbox))
            elif text is not None:
                book.pages.extend(text.pages)
        with written_whole(path) as aside:
            book.save(aside)


def opened(part: Path, written: Path) -> pikepdf.Pdf:
    """A part of a book, read as it is needed; the one whose place the book takes is read at once."""
    return pikepdf.open(io.BytesIO(part.read_bytes()) if part == written else part)


def pdf_of(page: ReadPage) -> bytes:
    """A PDF file of a page."""
    content = io.BytesIO()
    canvas = Canvas(content, pageCompression=1)
    canvas.setCreator("Palimpsest")
    _add_page(canvas, page)
    canvas.save()
    return content.getvalue()


def _add_page(canvas: Canvas, page: ReadPage) -> None:
    width, height = page.size_WH
    unit = POINTS_PER_INCH / page.dpi if page.dpi else POINTS_PER_INCH * USUAL_HEIGHT_INCHES / max(width, height)
    canvas.setPageSize((width * unit, height * unit))
    if page.source is None or page.source.suffix.lower() != SUFFIX:
        canvas.drawImage(ImageReader(io.BytesIO(_as_jpeg(page.pixels))), 0, 0, width * unit, height * unit)
    for line in page.lines:
        for word in line.words:
            _add_word(canvas, word, line.x_height, height, unit)
    canvas.showPage()


def _as_jpeg(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


def _add_word(canvas: Canvas, word: ReadWord, x_height: float, page_height: int, unit: float) -> None:
    """Writes a word along the lower side of its outline, stretched to its length."""
    (right, low_right), (left, low_left) = word.outline[2], word.outline[3]
    font, size = _font(needs_korean(word.text)), max(1.0, EM_OF_X_HEIGHT * x_height * unit)
    natural = pdfmetrics.stringWidth(word.text, font, size)
    length = float(np.hypot(right - left, low_right - low_left)) * unit
    if natural <= 0 or length <= 0:
        return
    turn = np.arctan2(low_left - low_right, right - left)
    text = canvas.beginText()
    text.setTextRenderMode(INVISIBLE)
    text.setFont(font, size)
    text.setHorizScale(100.0 * length / natural)
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    text.setTextTransform(cosine, sine, -sine, cosine, left * unit, (page_height - low_left) * unit)
    text.textOut(word.text + " ")
    canvas.drawText(text)


@lru_cache(maxsize=2)
def _font(korean: bool) -> str:
    """DejaVu Sans, which comes with Matplotlib, or a Korean font where there is one; only what is written gets into a file."""
    path = korean_font() if korean else None
    if path is None or path.suffix != ".ttf":
        from matplotlib import get_data_path

        path = Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont(path.stem, str(path)))
    return path.stem
