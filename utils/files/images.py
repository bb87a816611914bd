"""Image files of any kind to arrays and back, without surprises."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from base.errors import UserError
from utils.files.whole import written_whole

IMAGE_SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".pgm", ".ppm"),
    *(".jp2", ".j2k", ".jpx"),
}
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM", "JPEG2000")  # Pillow knows others, which run programs
ROWS_AT_ONCE = 512  # so that memory does not grow with the page
ORIENTATION = 0x0112  # the EXIF tag
TURNABLE = {"JPEG", "TIFF", "WEBP", "MPO", "PNG"}  # formats that have it
PNG_EXIF = {"exif", "Raw profile type exif"}  # chunks that hold it
ALPHA_MODES = {"LA", "RGBA", "PA", "La", "RGBa"}
DEEP_MODES = {"RGB", "RGBA"}  # of which Pillow keeps 8 bits
SIXTEEN_BIT_MODES = {"I;16", "I;16B", "I;16L", "I;16N", "I"}
MAXIMUM_PIXELS = 400_000_000  # beyond this a file is taken for a decompression bomb

PngImagePlugin.MAX_TEXT_CHUNK = 64 * 2**20  # drawing programs keep whole histories there
FRAMES_A_PAGE = 20  # with its thumbnails and masks, where not all are looked for
SUBFILE_TYPE, REDUCED, MASK = 0x00FE, 1, 4  # the TIFF tag that tells pages from their thumbnails and masks

Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS // 2  # Pillow raises at twice this number, and would warn at once
END_OF_HEADER = 33  # bytes of a PNG file
PLAIN_WEBP = b"VP8 "  # the kind of a WebP file that is lossy and has no alpha and no EXIF data
WIDEST_WEBP_PX = 16_383


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
        number: which of them it is, from 1 on.
        name: what it is called in what is written about it.
        source: the file that it is a page of; None where there is none.
    """

    pixels: np.ndarray
    mode: str
    info: dict
    count: int = 1
    number: int = 1
    name: str = ""
    source: Path | None = None

    def as_mask(self) -> "Page":
        """The same page's facts, for an 8-bit grey picture that goes with it."""
        return Page(self.pixels, "L", {key: value for key, value in self.info.items() if key == "dpi"})


def open_pages(source: Path | bytes, first: int = 0, *, upright: bool = True) -> Iterator[Page]:
    """The pages of an image file or of its content; one page for most formats.

    Bilevel pages come as grey, palettes as RGB, 16 bits as they are.

    Args:
        source: the file, or what is in it.
        first: the page to begin with, from 0 on.
        upright: as EXIF says; False for the pixels as they lie in the file.

    Raises:
        UnreadableImage: the file is missing, empty, not an image, or broken.
    """
    with _one_line_errors():
        size = source.stat().st_size if isinstance(source, Path) else len(source)
        if size == 0:
            raise UnreadableImage("the file is empty")
        file = Image.open(source if isinstance(source, Path) else io.BytesIO(source), formats=FORMATS)
    with file:
        with _one_line_errors():
            frames = page_frames(file)
        for number in range(first, len(frames)):
            with _one_line_errors():
                file.seek(frames[number])
                page = _decode(file, len(frames), upright)
                if number == len(frames) - 1:
                    file.close()  # a large page is not kept twice while the caller works on it
            yield page


def count_pages(path: Path) -> int:
    """How many pages an image file has; raises UnreadableImage for what is none."""
    with _one_line_errors(), Image.open(path, formats=FORMATS) as file:
        return len(page_frames(file))


def page_sizes(path: Path, most: int | None = None) -> list[tuple[int, int]]:
    """Width and height of the pages of an image file as `open_pages` gives them, by its headers; raises UnreadableImage."""
    sizes = []
    with _one_line_errors(), Image.open(path, formats=FORMATS) as file:
        for number in page_frames(file, most):
            file.seek(number)
            sizes.append(file.size[::-1] if _orientation(file) >= 5 else file.size)
    return sizes


def page_frames(file: Image.Image, most: int | None = None) -> list[int]:
    """The frames of a file that are its pages: of a TIFF all that are no thumbnail or mask of another, else the first.

    Args:
        file: just opened.
        most: how many are looked for; None for all.
    """
    if file.format != "TIFF":
        return [0]  # other formats hold previews and animations
    frames: list[int] = []
    number = 0
    while most is None or (len(frames) < most and number < FRAMES_A_PAGE * most):
        try:
            file.seek(number)
        except EOFError:
            break
        if not int(file.tag_v2.get(SUBFILE_TYPE, 0)) & (REDUCED | MASK):  # type: ignore[attr-defined]
            frames.append(number)
        number += 1
    return frames or [0]


def first_page(file: Image.Image) -> int:
    """The frame of a file that is its first page."""
    return page_frames(file, 1)[0]


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turns whatever Pillow raises on broken files, and it raises many kinds, into one line."""
    try:
        yield
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImage("the file is not an image in a format that can be read") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"the image has more than {MAXIMUM_PIXELS // 1_000_000} megapixels") from error
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
        raise UnreadableImage(f"the image cannot be read ({reason})") from error


def decoded(image: Image.Image) -> Page:
    """An image of Pillow, upright as EXIF says; raises UnreadableImage where it is broken."""
    with _one_line_errors():
        return _decode(image, 1, True)


def _decode(file: Image.Image, count: int, turn: bool) -> Page:
    orientation = _orientation(file) if turn else 1
    if file.mode in DEEP_MODES and any(";16" in str(tile.args) for tile in getattr(file, "tile", [])):
        return _decode_deep(file, count, orientation)
    file.load()
    upright = ImageOps.exif_transpose(file) if orientation != 1 else file
    info = _resolution(file)
    if file.info.get("icc_profile") and upright.mode in {"L", "RGB", "RGBA"}:
        info["icc_profile"] = file.info["icc_profile"]
    if upright.mode in SIXTEEN_BIT_MODES:
        values = np.asarray(upright)
        if values.max() > 65535 or values.min() < 0:
            raise UnreadableImage("its 32-bit values do not fit 16 bits: scale them to 0..65535")
        return Page(values.astype(np.uint16), "I;16", info, count)
    if upright.mode == "F":
        raise UnreadableImage("its pixels are floating-point numbers: convert it to 8 or 16 bits")
    if upright.mode in ALPHA_MODES or "transparency" in upright.info:
        mode = "LA" if upright.mode in {"LA", "La"} else "RGBA"
        return Page(np.array(upright.convert(mode)), mode, info, count)
    if upright.mode in {"1", "L"}:
        return Page(np.array(upright.convert("L")), upright.mode, info, count)
    return Page(np.array(upright if upright.mode == "RGB" else upright.convert("RGB")), "RGB", info, count)


def _orientation(file: Image.Image) -> int:
    """The EXIF tag, 1 where there is none; of PNG what stands before the pixels: Pillow would decode them to look behind."""
    if file.format not in TURNABLE or (file.format == "PNG" and not PNG_EXIF & {*file.info}):
        return 1
    return int(file.getexif().get(ORIENTATION, 1))


def _resolution(file: Image.Image) -> dict:
    dpi = file.info.get("dpi")
    return {"dpi": dpi} if dpi and all(np.isfinite(float(value)) and value > 0 for value in dpi) else {}


def _decode_deep(file: Image.Image, count: int, orientation: int) -> Page:
    """A page of colours of 16 bits, which Pillow would cut down to 8."""
    source, frame = file.fp, file.tell()  # type: ignore[attr-defined]
    source.seek(0)
    content = np.frombuffer(source.read(), np.uint8)
    found, frames = cv2.imdecodemulti(content, cv2.IMREAD_UNCHANGED, range=(frame, frame + 1))
    if not found or frames[0].dtype != np.uint16 or frames[0].ndim != 3:
        raise UnreadableImage("its colours of 16 bits cannot be read: convert it to 8 bits")
    pixels = frames[0][..., [2, 1, 0, *range(3, frames[0].shape[2])]]
    return Page(TURNED.get(orientation, TURNED[1])(pixels), f"{file.mode};16", _resolution(file), count)


TURNED: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # upright, by the EXIF tag
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}


def as_grey(image: np.ndarray) -> np.ndarray:
    """Any page's pixels as uint8 (H, W): alpha lies over white, 16 bits are scaled, colours become their luma."""
    if image.dtype == np.uint8 and image.ndim == 2:
        return image
    grey = np.empty(image.shape[:2], np.uint8)
    for top in range(0, len(grey), ROWS_AT_ONCE):
        grey[top : top + ROWS_AT_ONCE] = _rows_as_grey(image[top : top + ROWS_AT_ONCE])
    return grey


def _rows_as_grey(rows: np.ndarray) -> np.ndarray:
    if rows.dtype == np.uint16:
        rows = ((rows.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if rows.ndim == 2:
        return rows
    if rows.shape[2] in (2, 4):
        alpha = rows[..., -1:].astype(np.float32) / 255.0
        rows = (rows[..., :-1] * alpha + 255.0 * (1.0 - alpha) + 0.5).astype(np.uint8)
    return rows[..., 0] if rows.shape[2] == 1 else cv2.cvtColor(np.ascontiguousarray(rows), cv2.COLOR_RGB2GRAY)


def read_grey(path: Path, *, upright: bool = True) -> np.ndarray:
    """The first page of an image file as uint8 (H, W), see `open_pages`; raises UserError that names the file."""
    return as_grey(read_pixels(path, upright=upright))


def image_size(path: Path, *, upright: bool = True) -> tuple[int, int]:
    """Height and width of an image file from its header, see `open_pages`; raises UserError that names the file."""
    return _size(path, str(path), upright)


def size_of(content: bytes, where: str) -> tuple[int, int]:
    """The same of an image file's content; the error says where it came from."""
    return _size(io.BytesIO(content), where, True)


def _size(source: Path | io.BytesIO, where: str, upright: bool) -> tuple[int, int]:
    try:
        with _one_line_errors(), Image.open(source, formats=FORMATS) as file:
            if file.format == "TIFF":
                file.seek(first_page(file))
            turned = upright and _orientation(file) >= 5
            return file.size if turned else (file.height, file.width)
    except UnreadableImage as error:
        raise UserError(f"{where}: {error}") from error


def decode_grey(content: bytes, where: str) -> np.ndarray:
    """The first page of an image file's content as uint8 (H, W); raises UserError that says where it came from.

    OpenCV decodes plain WebP, in which packed lines are kept, in half of Pillow's time.
    """
    if content[:4] == b"RIFF" and content[12:16] == PLAIN_WEBP:
        grey = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
        if grey is not None:
            return np.asarray(grey)
    try:
        return as_grey(next(open_pages(content)).pixels)
    except UnreadableImage as error:
        raise UserError(f"{where}: {error}") from error


def encode_png(image: np.ndarray) -> bytes:
    """A grey or RGB picture as a PNG file's content."""
    quick = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]  # on noisy paper as small as any, in a third of the time
    encoded = cv2.imencode(".png", image if image.ndim == 2 else image[..., ::-1], quick)[1]
    return encoded.tobytes()


def encode_webp(image: np.ndarray, quality: int) -> bytes:
    """A grey or RGB picture as a WebP file's content, 1 (smallest) to 100."""
    if max(image.shape[:2]) > WIDEST_WEBP_PX:
        raise UserError(f"an image of {image.shape[1]}x{image.shape[0]} px is larger than WebP can hold ({WIDEST_WEBP_PX} px)")
    encoded = cv2.imencode(".webp", image if image.ndim == 2 else image[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])[1]
    return encoded.tobytes()


def read_pixels(path: Path, *, upright: bool = True) -> np.ndarray:
    """The first page of an image file as `Page.pixels`, see `open_pages`; raises UserError that names the file."""
    try:
        return next(open_pages(path, upright=upright)).pixels
    except UnreadableImage as error:
        raise UserError(f"{path}: {error}") from error


def write_page(kind: Page, pixels: np.ndarray, path: Path) -> None:
    """Writes pixels as PNG of the kind of a page, whole or not at all; raises UserError when that fails."""
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        if pixels.shape[2] == 2:  # OpenCV writes no grey with alpha
            pixels = pixels[..., [0, 0, 0, 1]]
        with written_whole(path) as aside:
            aside.write_bytes(_deep_png(pixels, kind.info.get("dpi")))
        return
    picture = Image.fromarray(pixels)
    if kind.mode == "1":
        picture = picture.point(lambda level: 255 if level >= 128 else 0).convert("1")
    with written_whole(path) as aside:
        picture.save(aside, format="PNG", compress_level=3, **kind.info)


def _deep_png(pixels: np.ndarray, dpi: tuple[float, float] | None) -> bytes:
    """A PNG file's content of colours uint16 (H, W, 3 or 4), with its resolution."""
    content = cv2.imencode(".png", pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]])[1].tobytes()
    if dpi is None:
        return content
    body = b"pHYs" + struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1)  # pixels a metre
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return content[:END_OF_HEADER] + chunk + content[END_OF_HEADER:]
