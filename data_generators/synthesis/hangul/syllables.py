"""Writes one syllable as a hand does: a font's glyph, moved jamo by jamo, bent, slanted and written with a pen."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from base.errors import UserError
from data_generators.synthesis.hangul.jamo_exchange import COMPOSED_EM_PX, Composed
from data_generators.synthesis.hangul.jamo_parts import ALL, EM_PX, SIDE_PX, jamo_parts
from data_generators.synthesis.paper import PaperRanges, Scanner, grain, make_paper
from data_generators.synthesis.pen import PenRanges, absorb, press
from data_generators.synthesis.ranges import Range, draw
from data_generators.synthesis.writing.shaping import Raster, draw_character
from preprocessing.text import hangul

FINENESS = 1.25  # the glyph is drawn so many times as large as it will be
REGION = 6.0  # standard deviation, in pixels of `jamo_parts`, of the reach of a jamo's movement beyond its strokes
MARGIN_PX = 2.0
FAR = -1e4  # a place outside of any glyph
BEYOND = 1.5  # times the canvas: how far bends and movements can carry ink


@dataclass(frozen=True)
class ShapeRanges:
    """How hands vary in the shape of a syllable; lengths are parts of its longer side."""

    size: Range  # of the picture's side that the longer side of the ink takes
    aspect: Range  # logarithm of width against height, beside the font's
    slant_degrees: Range
    rotation_degrees: Range
    bend: Range  # how far a place of the picture is moved
    bend_knots: Range  # places that are moved on their own, across
    jamo_probability: float  # that the jamo are moved on their own
    jamo_shift: Range
    jamo_size: Range  # change of a jamo's width and of its height, fraction


@dataclass(frozen=True)
class Traces:
    """What else lands in the picture of a syllable: probabilities, 0..1."""

    rule: float  # a rule or the side of a box
    neighbour: float  # a part of another syllable at the rim
    scratch: float  # a stray stroke


@dataclass(frozen=True)
class Written:
    """A syllable on its canvas.

    Attributes:
        coverage: uint8 (side, side).
        parts: float32 (3, side, side), how much each place belongs to initial, medial and final; None where not asked for.
    """

    coverage: np.ndarray
    parts: np.ndarray | None


def write_syllable(
    rng: np.random.Generator,
    path: Path,
    text: str,
    side_px: int,
    shape: ShapeRanges,
    *,
    among: frozenset[str] = ALL,
    composed: Composed | None = None,
    with_parts: bool = False,
) -> Written:
    """A syllable in a font, warped by one hand, wholly inside of its canvas.

    Args:
        rng: decides everything.
        path: the font, which can draw the text.
        text: a syllable or a jamo.
        side_px: of the square canvas.
        shape: the ranges.
        among: syllables that may be drawn to find out which stroke belongs to which jamo.
        composed: the syllable where it was put together of others' jamo; None for the font's own.
        with_parts: whether to find out which stroke belongs to which jamo.

    Raises:
        UserError: the font has no ink for it.
    """
    longest = draw(rng, shape.size) * (side_px - 2 * MARGIN_PX)
    em_px = COMPOSED_EM_PX if composed else _em_for(path, longest * FINENESS)
    raster = composed.raster if composed else draw_character(path, em_px, text)
    if not raster.coverage.size:
        raise UserError(f"{path} has no ink for {text}: take it out of the fonts")
    moved = rng.random() < shape.jamo_probability and len(text) == 1 and text in hangul.SYLLABLES
    parts: np.ndarray | None = None
    if moved or with_parts:
        parts = composed.parts if composed else jamo_parts(path, text, rng, among)
    warp = Warp.draw(rng, raster, longest, shape, parts if moved else None, em_px)
    at_x, at_y = warp.maps(rng, side_px)
    coverage = cv2.remap(raster.coverage, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return Written(coverage, _moved_parts(parts, raster, em_px, at_x, at_y) if with_parts else None)


def _em_for(path: Path, longest_px: float) -> int:
    """Pixels an em so that syllables come to about the wanted size; steps of 8 keep the number of open faces small."""
    return int(np.clip(round(longest_px * 1.15 / 8) * 8, 24, 320))


def _moved_parts(parts: np.ndarray | None, raster: Raster, em_px: int, at_x: np.ndarray, at_y: np.ndarray) -> np.ndarray:
    """`jamo_parts` moved like the glyph."""
    assert parts is not None
    to_x, to_y = _onto_parts(raster, em_px, at_x, at_y)
    return np.stack([cv2.remap(part, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) for part in parts])


def _onto_parts(raster: Raster, em_px: int, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where pixels of a glyph lie in `jamo_parts`, which has the middle of the ink in its own middle."""
    height, width = raster.coverage.shape
    scale = np.float32(EM_PX / em_px)
    return (x - np.float32(width / 2)) * scale + np.float32(SIDE_PX / 2), (y - np.float32(height / 2)) * scale + np.float32(
        SIDE_PX / 2
    )


@dataclass(frozen=True)
class Warp:
    """Which place of a glyph each place of the canvas shows: an affine map, a smooth bend, and a movement of each jamo.

    Attributes:
        matrix: (2, 2), canvas offsets from the middle to glyph offsets from the middle.
        glyph_WH: size of the glyph in pixels.
        bend: float32 (knots, knots, 2), glyph pixels.
        jamo: float32 (SIDE_PX, SIDE_PX, 2), glyph pixels, on the grid of `jamo_parts`; None for no movement.
        unit: pixels of that grid a glyph pixel.
        filled: part of the canvas that the warped glyph may take at most, pixels.
    """

    matrix: np.ndarray
    glyph_WH: tuple[int, int]
    bend: np.ndarray
    jamo: np.ndarray | None
    unit: float
    filled: float

    @classmethod
    def draw(
        cls, rng: np.random.Generator, raster: Raster, longest: float, shape: ShapeRanges, parts: np.ndarray | None, em_px: int
    ) -> "Warp":
        """A hand from the stated ranges; ``longest`` is the longer side of the ink on the canvas, pixels."""
        height, width = raster.coverage.shape
        side = max(height, width)
        turn, slant = np.radians(draw(rng, shape.rotation_degrees)), np.tan(np.radians(draw(rng, shape.slant_degrees)))
        aspect = np.exp(draw(rng, shape.aspect) / 2)
        forward = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array([[1.0, -slant], [0.0, 1.0]])
        forward = forward @ np.diag([aspect, 1 / aspect])
        corners = np.abs(forward) @ np.array([width / 2, height / 2])
        forward *= longest / (2 * corners.max())
        knots = round(draw(rng, shape.bend_knots))
        bend = (rng.standard_normal((knots, knots, 2)) * draw(rng, shape.bend) * side).astype(np.float32)
        jamo = None if parts is None else _jamo_movement(rng, parts, shape, side * EM_PX / em_px) * np.float32(em_px / EM_PX)
        return cls(np.linalg.inv(forward), (width, height), bend, jamo, EM_PX / em_px, longest)

    def maps(self, rng: np.random.Generator, side_px: int) -> tuple[np.ndarray, np.ndarray]:
        """For `cv2.remap`: float32 (side, side) twice; the ink ends up inside, at a random place."""
        width, height = self.glyph_WH
        wide_px = round(BEYOND * side_px)
        offset = np.arange(wide_px, dtype=np.float32) - np.float32((wide_px - 1) / 2)
        x, y = offset[None, :], offset[:, None]
        field = cv2.resize(self.bend, (wide_px, wide_px), interpolation=cv2.INTER_CUBIC)
        (a, b), (c, d) = self.matrix.astype(np.float32)
        at_x = a * x + b * y + np.float32(width / 2) + field[..., 0]
        at_y = c * x + d * y + np.float32(height / 2) + field[..., 1]
        if self.jamo is not None:
            unit, middle = np.float32(self.unit), np.float32(SIDE_PX / 2)
            to_x = (at_x - np.float32(width / 2)) * unit + middle
            to_y = (at_y - np.float32(height / 2)) * unit + middle
            moved = cv2.remap(self.jamo, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            at_x, at_y = at_x + moved[..., 0], at_y + moved[..., 1]
        return self._inside(rng, at_x, at_y, side_px)

    def _inside(
        self, rng: np.random.Generator, at_x: np.ndarray, at_y: np.ndarray, side_px: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The part of wider maps that a canvas shows: all of the glyph, made smaller where it is too large, at a random place."""
        width, height = self.glyph_WH
        shown = (at_x > -1) & (at_x < width) & (at_y > -1) & (at_y < height)
        columns, rows = np.flatnonzero(shown.any(axis=0)), np.flatnonzero(shown.any(axis=1))
        if not len(columns):
            return at_x, at_y
        left, right, top, bottom = float(columns[0]), float(columns[-1] + 1), float(rows[0]), float(rows[-1] + 1)
        room = side_px - 2 * MARGIN_PX
        scale = min(1.0, room / max(right - left, bottom - top))
        free_x, free_y = room - (right - left) * scale, room - (bottom - top) * scale
        x0 = MARGIN_PX + free_x * float(rng.uniform(0.2, 0.8))
        y0 = MARGIN_PX + free_y * float(rng.uniform(0.2, 0.8))
        matrix = np.array([[1 / scale, 0.0, left - x0 / scale], [0.0, 1 / scale, top - y0 / scale]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        at_x, at_y = (
            cv2.warpAffine(part, matrix, (side_px, side_px), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=FAR)
            for part in (at_x, at_y)
        )
        return at_x, at_y


def _jamo_movement(rng: np.random.Generator, parts: np.ndarray, shape: ShapeRanges, side: float) -> np.ndarray:
    """Where each place of `jamo_parts` comes from when its jamo move and grow on their own: offsets, float32 (h, w, 2)."""
    grid = np.arange(SIDE_PX, dtype=np.float32)
    total = np.full((SIDE_PX, SIDE_PX), 1e-4, np.float32)
    field = np.zeros((SIDE_PX, SIDE_PX, 2), np.float32)
    for part in parts:
        weight = float(part.sum())
        if weight < 1.0:
            continue
        middle = np.array([float(part.sum(axis=0) @ grid), float(part.sum(axis=1) @ grid)], np.float32) / weight
        shift = rng.uniform(-1, 1, 2).astype(np.float32) * np.float32(draw(rng, shape.jamo_shift) * side)
        grow = rng.uniform(-1, 1, 2).astype(np.float32) * np.float32(draw(rng, shape.jamo_size))
        reach = cv2.GaussianBlur(part, (0, 0), REGION) ** 2
        total += reach
        field[..., 0] += reach * (shift[0] + grow[0] * (grid[None, :] - middle[0]))
        field[..., 1] += reach * (shift[1] + grow[1] * (grid[:, None] - middle[1]))
    return field / total[..., None]


def photograph(
    rng: np.random.Generator, coverage: np.ndarray, pen: PenRanges, paper: PaperRanges, traces: Traces, other: np.ndarray | None
) -> np.ndarray:
    """Ink on paper, scanned: uint8 (side, side).

    Args:
        rng: decides everything.
        coverage: uint8 (side, side).
        pen, paper, traces: the ranges.
        other: coverage of another syllable, of which a part may stand at the rim.
    """
    inked = coverage if other is None else np.maximum(coverage, _at_rim(rng, other, coverage))
    if rng.random() < traces.scratch:
        inked = _scratched(rng, inked)
    absorbed = absorb(rng, inked, pen)
    light = (1.0 - absorbed) * make_paper(rng, coverage.shape, paper)
    if rng.random() < traces.rule:
        light *= _ruled(rng, coverage.shape)
    scanner = Scanner.draw(rng, coverage.shape, paper)
    return scanner.scan(scanner.soften(light[..., None]))[..., 0]


def press_strokes(rng: np.random.Generator, coverage: np.ndarray, pen: PenRanges) -> np.ndarray:
    """uint8 (side, side), coverage with strokes thicker or thinner; the unit of the pen's ranges is the canvas's side."""
    return press(rng, coverage, float(coverage.shape[0]), pen)[0]


def _at_rim(rng: np.random.Generator, other: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """A neighbour of which only what is next to one side is seen, and not where the syllable itself stands."""
    side = coverage.shape[0]
    shift = int(side * rng.uniform(0.75, 0.95)) * (1 if rng.random() < 0.5 else -1)
    matrix = np.array([[1, 0, shift], [0, 1, 0]] if rng.random() < 0.7 else [[1, 0, 0], [0, 1, shift]], np.float32)
    return cv2.warpAffine(other, matrix, (side, side))


def _scratched(rng: np.random.Generator, coverage: np.ndarray) -> np.ndarray:
    side = coverage.shape[0]
    points = rng.integers(0, side, (2, 2))
    points[1] = points[0] + rng.integers(-side // 4, side // 4 + 1, 2)
    inked = coverage.copy()
    cv2.line(inked, points[0].tolist(), points[1].tolist(), 255, int(rng.integers(1, 3)), cv2.LINE_AA)
    return inked


def _ruled(rng: np.random.Generator, canvas_HW: tuple[int, ...]) -> np.ndarray:
    """The light that one to four rules leave, most of them near a side, float32 (H, W)."""
    height, width = canvas_HW
    light = np.ones((height, width), np.float32)
    tone = float(rng.uniform(0.3, 0.85))
    for _ in range(int(rng.integers(1, 5))):
        flat = rng.random() < 0.5
        across, along = (height, width) if flat else (width, height)
        place = across * (rng.uniform(0, 0.1) if rng.random() < 0.7 else rng.uniform(0, 0.5))
        place = across - 1 - place if rng.random() < 0.5 else place
        tilt = rng.uniform(-2, 2)
        first, last = (0, round(place - tilt)), (along - 1, round(place + tilt))
        if not flat:
            first, last = first[::-1], last[::-1]
        cv2.line(light, first, last, tone, int(rng.integers(1, 3)), cv2.LINE_AA)
    return light


def blot(rng: np.random.Generator, side: int) -> np.ndarray:
    """A stain without any writing, uint8 coverage (side, side)."""
    spread = cv2.resize(grain(rng, 8, 8), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.where(spread > rng.uniform(0.8, 1.6), np.uint8(255), np.uint8(0))
