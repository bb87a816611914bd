"""Image files of any kind to arrays and back, without surprises."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from base.errors import UserError
from utils.files import written_whole

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".pgm", ".ppm", ".jp2"}
ORIENTATION = 0x0112  # the EXIF tag
ALPHA_MODES = {"LA", "RGBA", "PA", "La", "RGBa"}
SIXTEEN_BIT_MODES = {"I;16", "I;16B", "I;16L", "I;16N", "I"}
MAXIMUM_PIXELS = 400_000_000  # beyond this a file is taken for a decompression bomb

Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS // 2  # Pillow raises at twice this number, and would warn at once


class UnreadableImage(Exception):
    """One image could not be read; the message is one line without the image's name."""


@dataclass(frozen=True)
class Page:
    """A page's pixels, and what is needed to write a picture of the same kind.

    Attributes:
        pixels: uint8 or uint16; (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB, (H, W, 4) RGB and alpha.
        mode: Pillow's name for the file's kind of pixels.
        info: resolution and colour profile.
        count: how many pages the file has.
    """

    pixels: np.ndarray
    mode: str
    info: dict
    count: int = 1

    def as_mask(self) -> "Page":
        """The same page's facts, for an 8-bit grey picture that goes with it."""
        return Page(self.pixels, "L", {key: value for key, value in self.info.items() if key == "dpi"})


def open_pages(source: Path | bytes) -> Iterator[Page]:
    """The pages of an image file or of its content, upright as EXIF says; one page for most formats.

    Bilevel pages come as grey, palettes as RGB, 16 bits as they are.

    Raises:
        UnreadableImage: the file is missing, empty, not an image, or broken.
    """
    try:
        size = source.stat().st_size if isinstance(source, Path) else len(source)
        if size == 0:
            raise UnreadableImage("the file is empty")
        with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as file:
            count = getattr(file, "n_frames", 1)
            for number in range(count):
                file.seek(number)
                page = _decode(file, count)
                if number == count - 1:
                    file.close()  # a large page is not kept twice while the caller works on it
                yield page
    except UnidentifiedImageError as error:
        raise UnreadableImage("the file is not an image in a format that can be read") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"the image has more than {MAXIMUM_PIXELS // 1_000_000} megapixels") from error
    except (OSError, EOFError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"the image cannot be read ({error})") from error


def _decode(file: Image.Image, count: int) -> Page:
    file.load()
    upright = ImageOps.exif_transpose(file) if file.getexif().get(ORIENTATION, 1) != 1 else file
    info = {key: file.info[key] for key in ("dpi", "icc_profile") if file.info.get(key)}
    if upright.mode in SIXTEEN_BIT_MODES:
        return Page(np.asarray(upright).astype(np.uint16), "I;16", info, count)
    if upright.mode in ALPHA_MODES or "transparency" in upright.info:
        mode = "LA" if upright.mode in {"LA", "La"} else "RGBA"
        return Page(np.array(upright.convert(mode)), mode, info, count)
    if upright.mode in {"1", "L"}:
        return Page(np.array(upright.convert("L")), upright.mode, info, count)
    return Page(np.array(upright if upright.mode == "RGB" else upright.convert("RGB")), "RGB", info, count)


def as_grey(image: np.ndarray) -> np.ndarray:
    """Any page's pixels as uint8 (H, W): alpha lies over white, 16 bits are scaled, colours become their luma."""
    if image.dtype == np.uint16:
        image = (image / 257.0 + 0.5).astype(np.uint8)
    if image.ndim == 2:
        return image
    if image.shape[2] in (2, 4):
        alpha = image[..., -1:].astype(np.float32) / 255.0
        image = (image[..., :-1] * alpha + 255.0 * (1.0 - alpha) + 0.5).astype(np.uint8)
    return image[..., 0] if image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def read_grey(path: Path) -> np.ndarray:
    """The first page of an image file as uint8 (H, W); raises UserError that names the file."""
    return as_grey(read_pixels(path))


def read_pixels(path: Path) -> np.ndarray:
    """The first page of an image file as `Page.pixels`; raises UserError that names the file."""
    try:
        return next(open_pages(path)).pixels
    except UnreadableImage as error:
        raise UserError(f"{path}: {error}") from error


def write_page(kind: Page, pixels: np.ndarray, path: Path) -> None:
    """Writes pixels as PNG of the kind of a page, whole or not at all; raises UserError when that fails."""
    picture = Image.fromarray(pixels)
    if kind.mode == "1":
        picture = picture.point(lambda level: 255 if level >= 128 else 0).convert("1")
    with written_whole(path) as aside:
        picture.save(aside, format="PNG", compress_level=3, **kind.info)
