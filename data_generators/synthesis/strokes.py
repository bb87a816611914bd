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

    def lay(
        self,
        coverage: np.ndarray,
        top: float,
        left: float,
        dimming: np.ndarray,
        family: Ink,
        strength: np.ndarray | float = 1.0,
    ) -> None:
        """Adds one layer.

        Args:
            coverage: float32 (h, w), 0..1, the part of each pixel that the layer covers; what is beyond the canvas is
                cut off.
            top: canvas row of its first row; its fraction is dropped.
            left: canvas column of its first column, likewise.
            dimming: float32 (channels,), the part of the light that full coverage takes away.
            family: the bit to set where coverage is at least `MASK_COVERAGE`.
            strength: 0..1, how much ink there is where the layer covers: it makes the layer paler, and its mask no
                smaller; broadcast against coverage.
        """
        row, column = int(np.floor(top)), int(np.floor(left))
        height, width = self.ink.shape
        rows = slice(max(0, row), min(height, row + coverage.shape[0]))
        columns = slice(max(0, column), min(width, column + coverage.shape[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        part = (slice(rows.start - row, rows.stop - row), slice(columns.start - column, columns.stop - column))
        absorbed = (coverage * strength)[part]
        self.light[rows, columns] *= 1.0 - absorbed[..., None] * dimming
        self.ink[rows, columns] |= np.where(coverage[part] >= MASK_COVERAGE, np.uint8(family), np.uint8(0))


def draw_dimming(rng: np.random.Generator, ranges: StrokeRanges, channels: int) -> np.ndarray:
    """The part of the light that an ink takes away, float32 (channels,); grey is the luma of the colour."""
    contrast, hue, saturation = (draw(rng, r) for r in (ranges.contrast, ranges.hue_degrees, ranges.saturation))
    rgb = contrast * ink_tint(hue, saturation)
    return rgb.astype(np.float32) if channels == 3 else np.array([rgb @ LUMA], np.float32)


def ink_tint(hue_degrees: float, saturation: float) -> np.ndarray:
    """How much of its dimming an ink of a colour (HSV) does to red, green and blue, float32 (3,) in 0..1."""
    turns = (hue_degrees / 360.0 + np.array([0.0, 2 / 3, 1 / 3])) % 1.0
    pure = np.clip(np.abs(turns * 6.0 - 3.0) - 1.0, 0.0, 1.0).astype(np.float32)
    return 1.0 - saturation * pure


def draw_breaks(rng: np.random.Generator, length: int, ranges: StrokeRanges) -> np.ndarray:
    """Where a stroke is there at all, float32 (length,): 1, and 0 in its gaps."""
    present = np.ones(length, np.float32)
    for _ in range(rng.poisson(draw(rng, ranges.breaks_per_1000px) * length / 1000.0)):
        start = int(rng.integers(0, length))
        present[start : start + max(1, int(draw(rng, ranges.break_px)))] = 0.0
    return present


@dataclass(frozen=True)
class Stroke:
    """A stroke from left to right.

    Attributes:
        coverage: float32 (h, length), 0..1.
        strength: float32 (length,), 0..1, how much ink is left along it.
        start: pixels from the top row to where the stroke starts.
    """

    coverage: np.ndarray
    strength: np.ndarray
    start: float


def draw_stroke(
    rng: np.random.Generator,
    length: float,
    ranges: StrokeRanges,
    *,
    thickness_px: float,
    tilt_degrees: float,
    pattern: np.ndarray | None = None,
) -> Stroke:
    """Draws a stroke.

    Args:
        rng: decides bend, fade and breaks.
        length: pixels.
        ranges: how much of each.
        thickness_px: its width across.
        tilt_degrees: clockwise.
        pattern: float32 (length,) in 0..1 that multiplies the coverage, for dots and dashes.
    """
    columns = max(2, int(np.ceil(length)))
    along = np.arange(columns, dtype=np.float32)
    middle = np.tan(np.radians(tilt_degrees)) * along
    middle = middle + draw(rng, ranges.curvature_px) * np.sin(np.pi * rng.uniform(0.5, 2.0) * along / columns)
    half = thickness_px / 2 * (0.9 + 0.2 * smooth_noise(rng, columns, 40))
    top = float(np.floor(middle.min() - thickness_px)) - 1.0 + rng.uniform(0, 1)
    rows = np.arange(int(np.ceil(middle.max() + thickness_px - top)) + 2, dtype=np.float32)[:, None]
    centre = middle - top
    coverage = np.clip(np.minimum(rows + 0.5, centre + half) - np.maximum(rows - 0.5, centre - half), 0.0, 1.0)
    present = draw_breaks(rng, columns, ranges)
    if pattern is not None:
        present = present * pattern[:columns]
    strength = 1.0 - draw(rng, ranges.fade) * smooth_noise(rng, columns, 60)
    return Stroke((coverage * present).astype(np.float32), strength.astype(np.float32), -top)


def lay_stroke(
    canvas: SoilCanvas,
    stroke: Stroke,
    dimming: np.ndarray,
    family: Ink,
    *,
    start_y: float,
    start_x: float,
    upright: bool = False,
) -> None:
    """Lays a stroke on a canvas from a point on, to the right or, ``upright``, downwards."""
    coverage, strength = stroke.coverage, stroke.strength[None, :]
    if upright:
        canvas.lay(coverage.T, start_y, start_x - stroke.start, dimming, family, strength.T)
    else:
        canvas.lay(coverage, start_y - stroke.start, start_x, dimming, family, strength)


def dashes(length: float, dash_px: float, gap_px: float) -> np.ndarray:
    """A pattern of dashes and gaps, float32 (length,), antialiased at the ends."""
    position = np.arange(max(2, int(np.ceil(length))), dtype=np.float32) % (dash_px + gap_px)
    return np.clip(np.minimum(position + 0.5, dash_px - position + 0.5), 0.0, 1.0)
