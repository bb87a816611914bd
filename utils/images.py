"""Image files of any kind to arrays and back, without surprises."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from base.errors import UserError
from utils.files import written_whole

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".pgm", ".ppm", ".jp2"}
SIXTEEN_BIT_MODES = {"I;16", "I;16B", "I;16L", "I;16N", "I"}
MAXIMUM_PIXELS = 400_000_000  # beyond this a file is taken for a decompression bomb

Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS // 2  # Pillow raises at twice this number, and would warn at once


class UnreadableImage(Exception):
    """One image could not be read; the message is one line without the image's name."""


def open_pages(path: Path) -> Iterator[Image.Image]:
    """The pages of an image file, upright as EXIF says, in the file's own mode; one page for most formats.

    Raises:
        UnreadableImage: the file is missing, empty, not an image, or broken.
    """
    return _pages(path)


def _pages(source: Path | io.BytesIO) -> Iterator[Image.Image]:
    try:
        size = source.stat().st_size if isinstance(source, Path) else len(source.getbuffer())
        if size == 0:
            raise UnreadableImage("the file is empty")
        with Image.open(source) as file:
            for page in range(getattr(file, "n_frames", 1)):
                file.seek(page)
                file.load()
                if min(file.size) == 0:
                    raise UnreadableImage("the image has no pixels")
                upright = ImageOps.exif_transpose(file)
                upright.info["pages"] = getattr(file, "n_frames", 1)
                yield upright
    except UnidentifiedImageError as error:
        raise UnreadableImage("the file is not an image in a format that can be read") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"the image has more than {MAXIMUM_PIXELS // 1_000_000} megapixels") from error
    except (OSError, EOFError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"the image cannot be read ({error})") from error


def to_grey(page: Image.Image) -> np.ndarray:
    """A page as uint8 (H, W): 16 bits are scaled, transparent pixels are white, colours become their luma."""
    if page.mode in SIXTEEN_BIT_MODES:
        return (np.asarray(page).astype(np.float32) / 257.0 + 0.5).clip(0, 255).astype(np.uint8)
    if page.mode == "F":
        return np.asarray(page).clip(0, 255).astype(np.uint8)
    if has_alpha(page):
        coloured = page.convert("RGBA")
        white = Image.new("RGBA", page.size, "white")
        return np.array(Image.alpha_composite(white, coloured).convert("L"))
    return np.array(page.convert("L"))


def has_alpha(page: Image.Image) -> bool:
    """Whether some pixels of the page may be transparent."""
    return page.mode in {"LA", "RGBA", "PA", "La", "RGBa"} or "transparency" in page.info


def read_grey(path: Path) -> np.ndarray:
    """The first page of an image file as uint8 (H, W); raises UserError that names the file."""
    try:
        return to_grey(next(open_pages(path)))
    except UnreadableImage as error:
        raise UserError(f"{path}: {error}") from error


def open_bytes(content: bytes) -> Iterator[Image.Image]:
    """Like `open_pages`, for the content of an image file."""
    return _pages(io.BytesIO(content))


@dataclass(frozen=True)
class DecodedPage:
    """A page's pixels, and what is needed to write a picture of the same kind.

    Attributes:
        pixels: uint8 or uint16; (H, W) grey, (H, W, 2) with alpha, (H, W, 3) RGB, (H, W, 4) with alpha.
        mode: Pillow's name for the file's kind of pixels.
        info: resolution and colour profile.
    """

    pixels: np.ndarray
    mode: str
    info: dict

    def as_grey(self) -> "DecodedPage":
        """The same page's facts, for an 8-bit grey picture that goes with it."""
        return DecodedPage(self.pixels, "L", {key: value for key, value in self.info.items() if key == "dpi"})


def decode_page(page: Image.Image) -> DecodedPage:
    """The pixels of a page without loss: bilevel as grey, palettes as RGB, 16 bits as they are."""
    info = {key: page.info[key] for key in ("dpi", "icc_profile") if page.info.get(key)}
    if page.mode in SIXTEEN_BIT_MODES:
        return DecodedPage(np.asarray(page).astype(np.uint16), "I;16", info)
    if has_alpha(page):
        mode = "LA" if page.mode in {"LA", "La"} else "RGBA"
        return DecodedPage(np.array(page.convert(mode)), mode, info)
    if page.mode in {"1", "L"}:
        return DecodedPage(np.array(page.convert("L")), page.mode, info)
    return DecodedPage(np.array(page.convert("RGB")), "RGB", info)


def encode_page(kind: DecodedPage, pixels: np.ndarray, path: Path) -> None:
    """Writes pixels as PNG of the kind of a decoded page, whole or not at all; raises UserError when that fails."""
    picture = Image.fromarray(pixels)
    if kind.mode == "1":
        picture = picture.point(lambda level: 255 if level >= 128 else 0).convert("1")
    with written_whole(path) as aside:
        picture.save(aside, format="PNG", compress_level=3, **kind.info)
