"""What artifacts know of the page that they soil, and what they draw with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from base.types import Ink, WordBox
from data_generators.synthesis.artifacts.patches import PatchLibrary
from data_generators.synthesis.ranges import draw
from data_generators.synthesis.strokes import SoilCanvas, Stroke, StrokeRanges, draw_dimming, draw_stroke, lay_stroke


@dataclass(frozen=True)
class SoilablePage:
    """What artifacts need to know of the text that they soil.

    Attributes:
        height: pixels.
        width: pixels.
        x_height: pixels.
        words: where words stand; may be empty.
        baselines: rows of the text's baselines, top to bottom; at least one.
        coverage: uint8 (H, W), the text's own coverage.
        contrast: the part of the paper's light that the text takes away, 0..1.
        other_text: returns uint8 (h, w) coverage of some other text of about the same size, cropped to its ink.
        is_crop: whether the image is a word or a line, so that text of its neighbours is foreign to it.
        patches: real artifacts, or None.
    """

    height: int
    width: int
    x_height: float
    words: list[WordBox]
    baselines: list[float]
    coverage: np.ndarray
    contrast: float
    other_text: Callable[[np.random.Generator], np.ndarray]
    is_crop: bool
    patches: PatchLibrary | None = None


class Soiling:
    """One kind of artifact being drawn on one page: the random numbers, the canvas and the ranges together."""

    def __init__(
        self,
        rng: np.random.Generator,
        page: SoilablePage,
        canvas: SoilCanvas,
        family: Ink,
        stroke_ranges: StrokeRanges,
        own: Mapping[str, Any],
    ) -> None:
        self.rng, self.page, self.canvas, self.family, self.ranges, self.own = rng, page, canvas, family, stroke_ranges, own
        self.dimming = draw_dimming(rng, stroke_ranges, canvas.light.shape[2])
        self.thickness = min(draw(rng, stroke_ranges.thickness_px), 0.8 + 0.3 * page.x_height)
        self.tilt = draw(rng, stroke_ranges.tilt_degrees)

    def take(self, name: str) -> float:
        """A draw from one of the kind's own ranges."""
        return draw(self.rng, self.own[name])

    def across(
        self,
        row: float,
        left: float = 0.0,
        right: float | None = None,
        *,
        thickness: float | None = None,
        pattern: np.ndarray | None = None,
    ) -> None:
        """A stroke from left to right that passes ``row`` in its middle."""
        length = (self.page.width if right is None else right) - left
        rise = np.tan(np.radians(self.tilt)) * length / 2
        stroke = self._stroke(length, self.tilt, thickness, pattern)
        lay_stroke(self.canvas, stroke, self.dimming, self.family, start_y=row - rise, start_x=left)

    def down(self, column: float, top: float = 0.0, bottom: float | None = None, *, thickness: float | None = None) -> None:
        """A stroke downwards that passes ``column`` in its middle."""
        length = (self.page.height if bottom is None else bottom) - top
        rise = np.tan(np.radians(-self.tilt)) * length / 2
        stroke = self._stroke(length, -self.tilt, thickness, None)
        lay_stroke(self.canvas, stroke, self.dimming, self.family, start_y=top, start_x=column - rise, upright=True)

    def _stroke(self, length: float, tilt: float, thickness: float | None, pattern: np.ndarray | None) -> Stroke:
        width = thickness or self.thickness
        return draw_stroke(self.rng, length, self.ranges, thickness_px=width, tilt_degrees=tilt, pattern=pattern)

    def rule_rows(self) -> list[float]:
        """Rows of a ruled sheet: on the writing's baselines as often as not, otherwise anywhere, evenly spaced."""
        offset = self.rng.uniform(-0.1, 0.35) * self.page.x_height
        if len(self.page.baselines) > 1 and self.rng.random() < 0.6:
            return [baseline + offset for baseline in self.page.baselines]
        pitch = self.rng.uniform(1.5, 4.0) * self.page.x_height
        on_line = float(self.rng.choice(self.page.baselines)) + offset
        start = on_line % pitch if self.rng.random() < 0.6 else self.rng.uniform(0, pitch)
        return list(np.arange(start, self.page.height, pitch))
