"""Draws text as a hand or a press would: one coverage map, and where the words stand."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from base.types import WordBox
from data_generators.synthesis.ranges import Range, draw, smooth_noise
from data_generators.synthesis.writing.fonts import drawable, load_font, x_height_per_em


@dataclass(frozen=True)
class RenderRanges:
    """What a drawn text varies in; lengths are fractions of the x-height unless they say otherwise."""

    line_spacing: Range
    slant_degrees: Range
    baseline_jitter: Range
    word_gap: Range
    warp: Range
    boldness_px: Range


@dataclass
class Ink:
    """Text on a canvas.

    Attributes:
        coverage: uint8 (H, W), 0 no ink to 255 full ink, before any tone is given to it.
        words: where the words stand, in canvas pixels.
        text: what is written, lines joined by a newline.
    """

    coverage: np.ndarray
    words: list[WordBox]
    text: str


def render(
    rng: np.random.Generator,
    text: str,
    font_path: Path,
    *,
    canvas_HW: tuple[int, int],
    x_height_px: float,
    first_baseline_px: float,
    lines: int,
    hand: str,
    ranges: RenderRanges,
) -> Ink:
    """Writes ``text`` on a canvas, line by line until it is used up or ``lines`` are full.

    Args:
        rng: decides every variation.
        text: words; those that the font cannot draw are left out.
        font_path: a TrueType or OpenType file.
        canvas_HW: height and width in pixels.
        x_height_px: the height of a lower-case x.
        first_baseline_px: the first baseline's distance from the top.
        lines: how many lines at most.
        hand: ``handwriting`` moves words and warps strokes; ``print`` stays straight.
        ranges: how much.
    """
    font = load_font(font_path, max(6, round(x_height_px / x_height_per_em(font_path))))
    written = hand == "handwriting"
    height, width = canvas_HW
    canvas = Image.new("L", (width, height))
    pen = ImageDraw.Draw(canvas)
    queue = drawable(font_path, text).split()
    spacing_px = draw(rng, ranges.line_spacing) * x_height_px
    boxes: list[WordBox] = []
    page: list[str] = []
    bold = round(draw(rng, ranges.boldness_px)) if x_height_px > 10 else 0
    for line in range(lines):
        baseline = first_baseline_px + line * spacing_px
        left = x_height_px * rng.uniform(0.2, 2.5)
        row: list[str] = []
        while queue:
            length = font.getlength(queue[0])
            if left + length > width - 2 and row:
                break
            word = queue.pop(0)
            offset = draw(rng, ranges.baseline_jitter) * x_height_px if written else 0.0
            pen.text((left, baseline + offset), word, fill=255, font=font, anchor="ls", stroke_width=bold)
            boxes.append(WordBox(left, left + length, baseline + offset, x_height_px))
            row.append(word)
            left += length + draw(rng, ranges.word_gap) * x_height_px
            if left > width:
                break
        page.append(" ".join(row))
    coverage = np.array(canvas)
    if written:
        coverage = _warp(rng, coverage, x_height_px, ranges)
    return Ink(coverage, boxes, "\n".join(line for line in page if line))


def _warp(rng: np.random.Generator, coverage: np.ndarray, x_height_px: float, ranges: RenderRanges) -> np.ndarray:
    """Slants the writing about its middle and lets its baseline and its strokes wander."""
    height, width = coverage.shape
    slope = np.tan(np.radians(draw(rng, ranges.slant_degrees)))
    reach = draw(rng, ranges.warp) * x_height_px
    rows = np.arange(height, dtype=np.float32)
    shift_x = slope * (rows - height / 2) + reach * (smooth_noise(rng, height, int(2 * x_height_px)) - 0.5)
    shift_y = reach * (smooth_noise(rng, width, int(3 * x_height_px)) - 0.5)
    map_x = np.arange(width, dtype=np.float32)[None, :] + shift_x[:, None].astype(np.float32)
    map_y = rows[:, None] + shift_y[None, :].astype(np.float32)
    return cv2.remap(coverage, map_x, map_y, cv2.INTER_LINEAR)
