"""Single strokes with exact coverage, and the canvas that collects them."""

from dataclasses import dataclass, field

import numpy as np

from base.types import Ink
from data_generators.synthesis.ranges import Range, draw, smooth_noise

MASK_COVERAGE = 0.25  # a pixel belongs to a layer that covers at least this part of it
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class StrokeRanges:
    """What any drawn artifact varies in.

    Attributes:
        thickness_px: pen or printing width, pixels.
        contrast: part of the paper's light that full ink takes away, 0..1.
        fade: part of the ink lost where the stroke is faintest, 0..1.
        breaks_per_1000px: gaps in a stroke, on average.
        break_px: length of a gap, pixels.
        tilt_degrees: rotation against the page's axes.
        curvature_px: how far a stroke bends from its chord, pixels.
        hue_degrees: colour of the ink on the HSV circle.
        saturation: 0 black ink, 1 pure colour.
    """

    thickness_px: Range
    contrast: Range
    fade: Range
    breaks_per_1000px: Range
    break_px: Range
    tilt_degrees: Range
    curvature_px: Range
    hue_degrees: Range
    saturation: Range


@dataclass
class SoilCanvas:
    """What artifacts leave behind, before it is multiplied into a page.

    Light passes layer after layer, so layers multiply and their order does not matter.

    Attributes:
        light: float32 (H, W, channels), the part of the light that the artifacts let through.
        ink: uint8 (H, W), bits of `Ink`.
        kinds: the names of the artifacts laid so far.
    """

    light: np.ndarray
    ink: np.ndarray
    kinds: list[str] = field(default_factory=list)

    @classmethod
    def blank(cls, canvas_HW: tuple[int, int], channels: int) -> "SoilCanvas":
        """A canvas with nothing on it; ``channels`` is 1 for grey and 3 for RGB."""
        return cls(np.ones((*canvas_HW, channels), np.float32), np.zeros(canvas_HW, np.uint8))

    def lay(self, coverage: np.ndarray, top: float, left: float, dimming: np.ndarray, family: Ink) -> None:
        """Adds one layer.

        Args:
            coverage: float32 (h, w), 0..1; parts beyond the canvas are cut off.
            top: canvas row of its first row; its fraction is dropped.
            left: canvas column of its first column, likewise.
            dimming: float32 (channels,), the part of the light that full coverage takes away.
            family: the bit to set where coverage is at least `MASK_COVERAGE`.
        """
        row, column = int(np.floor(top)), int(np.floor(left))
        height, width = self.ink.shape
        rows = slice(max(0, row), min(height, row + coverage.shape[0]))
        columns = slice(max(0, column), min(width, column + coverage.shape[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        part = coverage[rows.start - row : rows.stop - row, columns.start - column : columns.stop - column]
        self.light[rows, columns] *= 1.0 - part[..., None] * dimming
        self.ink[rows, columns] |= np.where(part >= MASK_COVERAGE, np.uint8(family), np.uint8(0))


def draw_dimming(rng: np.random.Generator, ranges: StrokeRanges, channels: int) -> np.ndarray:
    """The part of the light that an ink takes away, float32 (channels,); grey is the luma of the colour."""
    contrast, hue, saturation = (draw(rng, r) for r in (ranges.contrast, ranges.hue_degrees, ranges.saturation))
    turns = (hue / 360.0 + np.array([0.0, 2 / 3, 1 / 3])) % 1.0
    pure = np.clip(np.abs(turns * 6.0 - 3.0) - 1.0, 0.0, 1.0).astype(np.float32)
    rgb = contrast * (1.0 - saturation * pure)
    return rgb.astype(np.float32) if channels == 3 else np.array([rgb @ LUMA], np.float32)


def profile(rng: np.random.Generator, length: int, ranges: StrokeRanges) -> np.ndarray:
    """How much ink is left along a stroke, float32 (length,) in 0..1: it fades, and it breaks."""
    ink = 1.0 - draw(rng, ranges.fade) * smooth_noise(rng, length, 60)
    for _ in range(rng.poisson(draw(rng, ranges.breaks_per_1000px) * length / 1000.0)):
        start = int(rng.integers(0, length))
        ink[start : start + max(1, int(draw(rng, ranges.break_px)))] = 0.0
    return ink


def stroke(
    rng: np.random.Generator,
    length: float,
    ranges: StrokeRanges,
    *,
    thickness_px: float,
    tilt_degrees: float | None = None,
    pattern: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """A stroke from left to right.

    Args:
        rng: decides bend, fade and breaks.
        length: pixels.
        ranges: how much of each.
        thickness_px: its width across.
        tilt_degrees: clockwise; drawn from the ranges when None.
        pattern: float32 (length,) in 0..1 that multiplies the ink, for dots and dashes.

    Returns:
        Its coverage, float32 (h, length), and the distance in pixels from the top row to where the stroke starts.
    """
    columns = max(2, int(np.ceil(length)))
    tilt = draw(rng, ranges.tilt_degrees) if tilt_degrees is None else tilt_degrees
    along = np.arange(columns, dtype=np.float32)
    middle = np.tan(np.radians(tilt)) * along
    bend = draw(rng, ranges.curvature_px)
    middle = middle + bend * np.sin(np.pi * rng.uniform(0.5, 2.0) * along / columns)
    half = thickness_px / 2 * (0.9 + 0.2 * smooth_noise(rng, columns, 40))
    top = float(np.floor(middle.min() - thickness_px)) - 1.0 + rng.uniform(0, 1)
    rows = np.arange(int(np.ceil(middle.max() + thickness_px - top)) + 2, dtype=np.float32)[:, None]
    centre = middle - top
    coverage = np.minimum(rows + 0.5, centre + half) - np.maximum(rows - 0.5, centre - half)
    ink = profile(rng, columns, ranges) if pattern is None else profile(rng, columns, ranges) * pattern[:columns]
    return (np.clip(coverage, 0.0, 1.0) * ink).astype(np.float32), -top


def lay_stroke(
    rng: np.random.Generator,
    canvas: SoilCanvas,
    ranges: StrokeRanges,
    family: Ink,
    *,
    start_y: float,
    start_x: float,
    length: float,
    thickness_px: float,
    dimming: np.ndarray,
    upright: bool = False,
    tilt_degrees: float | None = None,
    pattern: np.ndarray | None = None,
) -> None:
    """Draws a `stroke` from a point, to the right or, ``upright``, downwards."""
    coverage, start = stroke(rng, length, ranges, thickness_px=thickness_px, tilt_degrees=tilt_degrees, pattern=pattern)
    if upright:
        canvas.lay(coverage.T, start_y, start_x - start, dimming, family)
    else:
        canvas.lay(coverage, start_y - start, start_x, dimming, family)


def dashes(length: float, dash_px: float, gap_px: float) -> np.ndarray:
    """A pattern of dashes and gaps, float32 (length,), antialiased at the ends."""
    position = np.arange(max(2, int(np.ceil(length))), dtype=np.float32) % (dash_px + gap_px)
    return np.clip(np.minimum(position + 0.5, dash_px - position + 0.5), 0.0, 1.0)
