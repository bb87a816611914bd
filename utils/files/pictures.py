"""Whatever holds a picture: a file, its content, an array, an image of Pillow, a page of a PDF."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from utils.files import images
from utils.files.images import Page, UnreadableImage, count_pages, decoded, open_pages
from utils.files.pdf_pages import SUFFIX as PDF
from utils.files.pdf_pages import BrokenPdf, draw_pdf, sizes_of_pdf

PDF_START = b"%PDF-"


def opened(picture: Any) -> Page:
    """The first page of a path, a file's content, an array, an image of Pillow, or the page that it is already.

    Arrays are uint8 or uint16: (H, W) grey, or (H, W, channels) of grey, grey and alpha, RGB, or RGB and alpha.

    Raises:
        UnreadableImage: it is none of that, or it cannot be read; an error in the place of a picture is raised.
    """
    if isinstance(picture, UnreadableImage):
        raise picture
    if isinstance(picture, Page):
        return picture
    if isinstance(picture, np.ndarray):
        return _page_of(picture)
    if isinstance(picture, Image.Image):
        return decoded(picture)
    if isinstance(picture, Path | bytes):
        return next(pages_of(picture))
    raise UnreadableImage(f"{type(picture).__name__} is no picture: a path, bytes, an array or an image of Pillow is needed")


def pages_of(source: Path | bytes, first: int = 0) -> Iterator[Page]:
    """The pages of an image file, a TIFF of several, or a PDF, from one on; raises UnreadableImage for anything else."""
    file = source if isinstance(source, Path) else None
    if source.suffix.lower() == PDF if isinstance(source, Path) else source[: len(PDF_START)] == PDF_START:
        pages = _pages_of_pdf(source, first)
    else:
        pages = open_pages(source, first)
    for number, page in enumerate(pages, start=first + 1):
        yield replace(page, number=number, name=file.name if file else "", source=file)


def page_count(path: Path) -> int:
    """How many pages an image file, a TIFF or a PDF has, by its headers; raises UnreadableImage for a broken one."""
    try:
        return sizes_of_pdf(path, 0)[1] if path.suffix.lower() == PDF else count_pages(path)
    except BrokenPdf as error:
        raise UnreadableImage(str(error)) from error


def page_sizes(path: Path, most: int) -> list[tuple[int, int]]:
    """Width and height of the first pages of an image file, a TIFF or a PDF, by its headers; raises UnreadableImage."""
    try:
        return sizes_of_pdf(path, most)[0] if path.suffix.lower() == PDF else images.page_sizes(path, most)
    except BrokenPdf as error:
        raise UnreadableImage(str(error)) from error


def _pages_of_pdf(source: Path | bytes, first: int) -> Iterator[Page]:
    try:
        for pixels, dpi, count in draw_pdf(source, first):
            yield Page(pixels, "RGB", {"dpi": (dpi, dpi)}, count)
    except BrokenPdf as error:
        raise UnreadableImage(str(error)) from error


def _page_of(pixels: np.ndarray) -> Page:
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.ndim not in (2, 3) or not 1 <= channels <= 4 or not pixels.size or pixels.dtype not in (np.uint8, np.uint16):
        raise UnreadableImage(
            f"an array {pixels.dtype} {pixels.shape} is no picture: uint8 or uint16 is needed, (H, W) or (H, W, 1 to 4 channels)"
        )
    return Page(pixels[..., 0] if pixels.ndim == 3 and channels == 1 else pixels, "", {})
