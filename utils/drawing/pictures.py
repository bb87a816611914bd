"""Pictures for people: before and after, masks in colour, contact sheets."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from base.types import Ink
from utils.drawing.korean_font import korean_font, needs_korean
from utils.files.whole import written_whole

ERASED_COLOUR = np.array([214, 40, 40], np.float32)
INK_COLOURS = {Ink.RULES: (214, 40, 40), Ink.MARKS: (150, 50, 200), Ink.STAINS: (230, 140, 20), Ink.FOREIGN: (30, 120, 220)}
OVERLAP_COLOUR = (20, 150, 60)
GAP_PX = 6
BACKGROUND = 96
CAPTION_PX = 13
SHEET_PX = 900  # no picture of a sheet is wider


def as_rgb(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W) or (H, W, 3) as RGB (H, W, 3)."""
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)


def tint(image: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The image in RGB with the pixels of a bool mask coloured as erased."""
    picture = as_rgb(image).copy()
    picture[where] = (0.25 * picture[where] + 0.75 * ERASED_COLOUR).astype(np.uint8)
    return picture


def save_picture(path: Path, picture: np.ndarray) -> None:
    """Writes a grey or RGB picture as PNG, whole or not at all; raises UserError where that fails."""
    with written_whole(path) as aside:
        Image.fromarray(picture).save(aside)


def save_pictures(pictures: Mapping[str, np.ndarray], stem: Path) -> dict[str, Path]:
    """Writes each as ``<stem>.<name>.png``; the files by the pictures' names. Raises UserError where that fails."""
    files = {name: stem.with_name(f"{stem.name}.{name}.png") for name in pictures}
    for name, path in files.items():
        save_picture(path, pictures[name])
    return files


def shrink(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W) or (H, W, 3), the image, made smaller if it is wider than a contact sheet's column."""
    scale = SHEET_PX / image.shape[1]
    size = (SHEET_PX, max(1, round(image.shape[0] * scale)))
    return image if scale >= 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def ink_picture(ink: np.ndarray) -> np.ndarray:
    """Bits of `Ink` (H, W) as RGB: text black, families in colours, overlap green."""
    picture = np.full((*ink.shape, 3), 255, np.uint8)
    text = (ink & Ink.TEXT) != 0
    picture[text] = 0
    for family, colour in INK_COLOURS.items():
        here = (ink & family) != 0
        picture[here & ~text] = colour
        picture[here & text] = OVERLAP_COLOUR
    return picture


def side_by_side(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of one height in a row, RGB."""
    gap = np.full((pictures[0].shape[0], GAP_PX, 3), BACKGROUND, np.uint8)
    parts = [part for picture in pictures for part in (as_rgb(picture), gap)]
    return np.hstack(parts[:-1])


def contact_sheet(rows: list[np.ndarray]) -> np.ndarray:
    """Pictures of any width below each other, RGB."""
    width = max(row.shape[1] for row in rows)
    padded = [
        cv2.copyMakeBorder(
            as_rgb(row), 0, GAP_PX, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(BACKGROUND, BACKGROUND, BACKGROUND)
        )
        for row in rows
    ]
    return np.vstack(padded)[:-GAP_PX]


def before_after(cases: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray:
    """A sheet with a row for each (image, cleaned image, bool erased): before, what was erased in red, after."""
    return contact_sheet([side_by_side([image, tint(image, erased), cleaned]) for image, cleaned, erased in cases])


def attention_picture(image: np.ndarray, text: str, attention: np.ndarray) -> np.ndarray:
    """The image once for each character of its text, coloured where that was looked for, RGB.

    Args:
        image: uint8 (H, W).
        text: what was read.
        attention: float (characters, places across the image).
    """
    rows = []
    for character, weights in zip(text, attention, strict=True):
        heat = cv2.resize(weights[None].astype(np.float32), image.shape[::-1], interpolation=cv2.INTER_LINEAR)
        heat = (heat / max(float(heat.max()), 1e-6))[..., None]
        rows.append(captioned((as_rgb(image) * (1 - 0.7 * heat) + 0.7 * heat * ERASED_COLOUR).astype(np.uint8), character))
    return contact_sheet(rows)


def heat_picture(image: np.ndarray, heat: np.ndarray, side_px: int) -> np.ndarray:
    """A square image, enlarged, coloured where the heat is, RGB (side, side, 3).

    Args:
        image: uint8 (H, H).
        heat: float (H, H), 0 and up.
        side_px: of the picture.
    """
    large = cv2.resize(image, (side_px, side_px), interpolation=cv2.INTER_CUBIC)
    warm = cv2.resize((heat / max(float(heat.max()), 1e-9)).astype(np.float32), (side_px, side_px), interpolation=cv2.INTER_CUBIC)
    warm = np.clip(warm, 0, 1)[..., None]
    return (as_rgb(large) * (1 - 0.7 * warm) + 0.7 * warm * ERASED_COLOUR).astype(np.uint8)


def captioned(picture: np.ndarray, caption: str) -> np.ndarray:
    """A picture with a line of small text above it, RGB; text in any script that the caption's font has."""
    strip = Image.new("L", (max(picture.shape[1], 700), CAPTION_PX + 6), 235)
    ImageDraw.Draw(strip).text((4, 2), caption, fill=20, font=caption_font(needs_korean(caption)))
    below = np.full((picture.shape[0], strip.width, 3), BACKGROUND, np.uint8)
    below[:, : picture.shape[1]] = as_rgb(picture)
    return np.vstack([as_rgb(np.asarray(strip)), below])


@lru_cache(maxsize=2)
def caption_font(korean: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with Matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew and many signs; or a Korean font."""
    if korean and (path := korean_font()) is not None:
        return ImageFont.truetype(str(path), CAPTION_PX)
    from matplotlib import get_data_path

    return ImageFont.truetype(str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), CAPTION_PX)
