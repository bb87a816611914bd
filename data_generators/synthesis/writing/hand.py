"""Writes a line as a hand does: glyphs put together once, then moved, bent and slanted in a single warp.

All fields of the warp are known in both directions, so the box of every glyph is carried along exactly.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data_generators.synthesis.ranges import Range, draw, wave
from data_generators.synthesis.writing.fonts import x_height_per_em
from data_generators.synthesis.writing.shaping import draw_glyph, shape_word, visual_order

LEVELS_PX = (8, 11, 16, 22, 32, 45, 64, 96)  # x-heights that glyphs are drawn at; a line takes the next larger one
BEND_KNOTS = 17
FINENESS = 8  # steps a pixel in the table that undoes the horizontal warp
EDGE = np.array([[0, 0], [0.5, 0], [1, 0], [0, 0.5], [1, 0.5], [0, 1], [0.5, 1], [1, 1]])  # points round a box


@dataclass(frozen=True)
class WritingRanges:
    """How a hand varies; lengths are x-heights unless they say otherwise."""

    x_height: Range  # fraction of the image's height
    slant_degrees: Range
    slope_degrees: Range  # of the whole line
    perspective: Range  # growth of the writing from the line's start to its end, fraction
    wander: Range  # slow rise and fall of the baseline
    baseline_jitter: Range  # from letter to letter
    glyph_height: Range  # change of height from letter to letter, fraction
    glyph_width: Range  # change of width from letter to letter, fraction
    bend: Range  # of upright strokes
    letter_spacing: Range
    word_spacing: Range
    margin: Range  # blank paper before and after the line


@dataclass(frozen=True)
class Strip:
    """A line as the font has it, before any hand.

    Attributes:
        coverage: uint8 (h, w).
        baseline: row of the baseline.
        x_height: pixels.
        texts: what each glyph stands for.
        boxes: float (n, 4), the glyphs' ink: left, top, right, bottom; tops are relative to the baseline.
        word_edges: float (m, 2), left and right end of the words, from left to right.
    """

    coverage: np.ndarray
    baseline: int
    x_height: float
    texts: list[str]
    boxes: np.ndarray
    word_edges: np.ndarray


def set_line(path: Path, words: list[str], x_height_px: float, *, word_spacing: float, letter_spacing: float) -> Strip:
    """Sets words in a font at the next larger level; spacings are in x-heights.

    Args:
        path: a TrueType or OpenType file.
        words: in reading order.
        x_height_px: the height that a lower-case x will have in the end.
        word_spacing: between words.
        letter_spacing: added between letters.
    """
    level = next((level for level in LEVELS_PX if level >= 0.97 * x_height_px), LEVELS_PX[-1])
    em_px = max(4, round(level / x_height_per_em(path)))
    pen, placed, texts, edges = 0.0, [], [], []
    for word in visual_order(words):
        glyphs, _ = shape_word(path, em_px, word)
        begin = pen
        for glyph in glyphs:
            raster = draw_glyph(path, em_px, glyph.number)
            placed.append((round(begin + glyph.x) + raster.left, -round(glyph.y) - raster.top, raster.coverage))
            texts.append(glyph.text)
            begin += letter_spacing * level
        width = glyphs[-1].x + glyphs[-1].advance + letter_spacing * level * (len(glyphs) - 1) if glyphs else 0.0
        edges.append((pen, pen + width))
        pen += width + word_spacing * level
    boxes = np.array([(x, y, x + ink.shape[1], y + ink.shape[0]) for x, y, ink in placed], float).reshape(-1, 4)
    left, top = (int(boxes[:, 0].min()) - 1, int(boxes[:, 1].min()) - 1) if len(boxes) else (0, -level)
    right, bottom = (int(boxes[:, 2].max()) + 1, int(boxes[:, 3].max()) + 1) if len(boxes) else (level, 1)
    coverage = np.zeros((bottom - top, right - left), np.uint8)
    for x, y, ink in placed:
        if ink.size:
            there = coverage[y - top : y - top + ink.shape[0], x - left : x - left + ink.shape[1]]
            np.maximum(there, ink, out=there)
    boxes[:, [0, 2]] -= left
    return Strip(coverage, -top, float(level), texts, boxes, np.array(edges, float).reshape(-1, 2) - left)


@dataclass(frozen=True)
class Hand:
    """The warp of one line, from strip pixels (u along the line, v down from the baseline) to image pixels.

        y = baseline + scale * (lift(u) + height(u) * v)
        x = origin + scale * along(u) - shear * (y - baseline) - bend(y - baseline)

    Attributes:
        knots: u where the fields are stated, ascending; beyond both ends the writing goes on as it is there.
        along, lift, height: the fields at the knots, in strip pixels; height is a factor.
        bend_at, bend: image pixels below the baseline, and how far to the left things are moved there.
        shear: tangent of the slant.
        scale: image pixels a strip pixel.
        origin, baseline: image pixels.
    """

    knots: np.ndarray
    along: np.ndarray
    lift: np.ndarray
    height: np.ndarray
    bend_at: np.ndarray
    bend: np.ndarray
    shear: float
    scale: float
    origin: float = 0.0
    baseline: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator, strip: Strip, x_height_px: float, ranges: WritingRanges) -> "Hand":
        """A hand from the stated ranges."""
        unit = strip.x_height
        length = max(strip.coverage.shape[1], 1)
        letters = max(2, int(length / unit) + 1)
        knots = np.linspace(0.0, length, 2 * letters + 1)
        stretch = 1.0 + np.clip(draw(rng, ranges.glyph_width) * wave(rng, len(knots), letters), -0.5, 1.0)
        along = np.concatenate([[0.0], np.cumsum(np.diff(knots) * stretch[1:])])
        lift = unit * draw(rng, ranges.baseline_jitter) * wave(rng, len(knots), letters)
        lift += unit * draw(rng, ranges.wander) * wave(rng, len(knots), max(1, letters // 10))
        lift -= np.tan(np.radians(draw(rng, ranges.slope_degrees))) * (along - along[-1] / 2)
        height = 1.0 + np.clip(draw(rng, ranges.glyph_height) * wave(rng, len(knots), letters), -0.4, 0.6)
        height *= 1.0 + draw(rng, ranges.perspective) * (knots / length - 0.5)
        bend = x_height_px * draw(rng, ranges.bend) * wave(rng, BEND_KNOTS, BEND_KNOTS // 3)
        shear = float(np.tan(np.radians(draw(rng, ranges.slant_degrees))))
        bend_at = np.linspace(-4.0, 4.0, BEND_KNOTS) * x_height_px
        return cls(knots, along, lift, height, bend_at, bend, shear, x_height_px / unit)

    def resized(self, factor: float) -> "Hand":
        """The same hand, writing larger or smaller."""
        return replace(self, scale=self.scale * factor, bend_at=self.bend_at * factor, bend=self.bend * factor)

    def forward(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Strip points to image points, x and y in pixels, float arrays of any shape."""
        y = self.baseline + self.scale * (np.interp(u, self.knots, self.lift) + np.interp(u, self.knots, self.height) * v)
        return self.origin + self.scale * _run_on(u, self.knots, self.along) - self._shift(y), y

    def boxes(self, strip_boxes: np.ndarray) -> np.ndarray:
        """Boxes (n, 4) of strip pixels as upright boxes in the image that hold them."""
        u = strip_boxes[:, :1] + EDGE[:, 0] * (strip_boxes[:, 2:3] - strip_boxes[:, :1])
        v = strip_boxes[:, 1:2] + EDGE[:, 1] * (strip_boxes[:, 3:4] - strip_boxes[:, 1:2])
        x, y = self.forward(u, v)
        return np.stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)], axis=1)

    def maps(self, canvas_HW: tuple[int, int], strip_baseline: float) -> tuple[np.ndarray, np.ndarray]:
        """For `cv2.remap`: which strip pixel each image pixel shows, float32 (H, W) twice."""
        rows, columns = canvas_HW
        y = np.arange(rows, dtype=np.float64)
        shift = self._shift(y)
        first = float(shift.min())
        x = first + np.arange(int((columns + shift.max() - first + 2) * FINENESS)) / FINENESS
        u = _run_on((x - self.origin) / self.scale, self.along, self.knots)
        height = np.interp(u, self.knots, self.height)
        lift = np.interp(u, self.knots, self.lift)
        grow = (1.0 / (self.scale * height)).astype(np.float32)
        sink = (strip_baseline - (self.baseline / self.scale + lift) / height).astype(np.float32)
        index = ((shift - first) * FINENESS + 0.5).astype(np.int32)[:, None] + FINENESS * np.arange(columns, dtype=np.int32)
        map_y = grow[index]
        map_y *= y.astype(np.float32)[:, None]
        map_y += sink[index]
        return u.astype(np.float32)[index], map_y

    def _shift(self, y: np.ndarray) -> np.ndarray:
        """How far slant and bend move things to the left at a height."""
        below = y - self.baseline
        return self.shear * below + np.interp(below, self.bend_at, self.bend)


def _run_on(at: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Linear interpolation that goes on with slope 1 beyond both ends."""
    return np.interp(at, knots, values) + np.minimum(at - knots[0], 0.0) + np.maximum(at - knots[-1], 0.0)
