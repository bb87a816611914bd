"""Writing from the strokes of a pen: words of one writer side by side, drawn as ink."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from data_generators.synthesis.ranges import Range, draw
from data_generators.synthesis.writing.hand import Strip

FINENESS = 4  # steps a pixel in which strokes are drawn
LOWEST_X_HEIGHT = 0.15  # of a word's height: flatter writing is a dash, not a word
TYPICAL_X_HEIGHT = 0.45
DOT = 1.3  # width of a dot against the pen's
TURNING_ON_AVERAGE = 0.15  # half turns at a point of a stroke


@dataclass(frozen=True)
class PenWord:
    """What a pen wrote without a break in the text: a word, or a whole line.

    Attributes:
        text: what it says.
        points: float32 (n, 2), x and y, downwards, in a unit of the writer's.
        first: bool (n,), where a stroke begins.
    """

    text: str
    points: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, text: str, moves: str) -> "PenWord":
        """From strokes that commas separate, each of pairs of integers, the move from the point before.

        Raises:
            ValueError: it holds anything else.
        """
        strokes = moves.split(",")
        numbers = np.array(" ".join(strokes).split(), dtype=np.int64)
        counts = np.array([stroke.count(" ") + 1 for stroke in strokes])
        if (counts % 2).any() or counts.sum() != numbers.size:
            raise ValueError("its strokes are not pairs of numbers")
        first = np.zeros(numbers.size // 2, bool)
        first[np.cumsum(np.concatenate([[0], counts[:-1]])) // 2] = True
        return cls(text, np.cumsum(numbers.reshape(-1, 2), axis=0).astype(np.float32), first)

    @property
    def extent(self) -> tuple[float, float]:
        """Left and right end."""
        return float(self.points[:, 0].min()), float(self.points[:, 0].max())

    def rise_depth_width(self) -> tuple[float, float, float]:
        """How far it reaches above its baseline and below, and how wide it is."""
        baseline, _ = self.baseline_and_x_height()
        y, (left, right) = self.points[:, 1], self.extent
        return baseline - float(y.min()), float(y.max()) - baseline, right - left

    def baseline_and_x_height(self) -> tuple[float, float]:
        """Where the pen turns upwards, on the whole, and how far above it turns downwards."""
        y = self.points[:, 1]
        starts, ends = self.first, np.append(self.first[1:], True)
        before = np.where(starts, np.nan, np.concatenate([[0.0], y[:-1]]))
        after = np.where(ends, np.nan, np.concatenate([y[1:], [0.0]]))
        lone = starts & ends
        low = ~lone & ~(before > y) & ~(after > y)
        high = ~lone & ~(before < y) & ~(after < y)
        height = float(np.ptp(y))
        if not low.any() or not high.any():
            return float(y.max()), TYPICAL_X_HEIGHT * height
        baseline = float(np.median(y[low]))
        return baseline, max(baseline - float(np.median(y[high])), LOWEST_X_HEIGHT * height)

    def levelled(self) -> "PenWord":
        """The same with its baseline made horizontal, for lines that climb or fall."""
        y = self.points[:, 1]
        ends = np.append(self.first[1:], True)
        low = ~self.first & ~ends & (y >= np.roll(y, 1)) & (y > np.roll(y, -1))
        left, right = self.extent
        if low.sum() < 8 or right - left < 3 * float(np.ptp(y)):
            return self
        slope = _slope(self.points[low])
        return PenWord(self.text, self.points - np.array([0, 1], np.float32) * slope * self.points[:, :1], self.first)


def _slope(points: np.ndarray) -> np.float32:
    """Of a line through points of which some lie far below it; the median of the slopes of far pairs (Theil-Sen)."""
    half = len(points) // 2
    order = points[np.argsort(points[:, 0], kind="stable")]
    change = order[-half:] - order[:half]
    return np.float32(np.median(change[:, 1] / np.maximum(change[:, 0], 1.0)))


@dataclass(frozen=True)
class NibRanges:
    """How pens vary that follow strokes."""

    width: Range  # of its lines, x-heights
    broadening: Range  # of strokes down against strokes up, part of the width
    slowness: Range  # part of the width that a turn adds, where the pen is slow, and a straight stroke loses
    taper: Range  # part of the width lost where strokes begin and end
    unevenness: Range  # of the words' height above the baseline, x-heights
    turn_degrees: Range  # of single words
    size: Range  # of single words against the writer's


@dataclass(frozen=True)
class Nib:
    """One pen on one line; the fields are draws from `NibRanges`.

    Attributes:
        lift, turn, size: one value a word.
    """

    width: float
    broadening: float
    slowness: float
    taper: float
    lift: np.ndarray
    turn: np.ndarray
    size: np.ndarray

    @classmethod
    def draw(cls, rng: np.random.Generator, words: int, ranges: NibRanges) -> "Nib":
        """A pen from the stated ranges, for a line of so many words."""
        return cls(
            width=draw(rng, ranges.width),
            broadening=draw(rng, ranges.broadening),
            slowness=draw(rng, ranges.slowness),
            taper=draw(rng, ranges.taper),
            lift=rng.uniform(*ranges.unevenness, words),
            turn=rng.uniform(*ranges.turn_degrees, words),
            size=rng.uniform(*ranges.size, words),
        )


def set_pen_words(words: Sequence[PenWord], x_height: float, x_height_px: float, word_spacing: float, nib: Nib) -> Strip:
    """Words side by side on one baseline, as `data_generators.synthesis.writing.hand.set_line` sets those of a font.

    Args:
        words: of one writer, in reading order.
        x_height: the writer's, in the unit of the points.
        x_height_px: what it becomes.
        word_spacing: x-heights.
        nib: the pen.
    """
    pen, placed, edges = 0.0, [], []
    for place, word in enumerate(words):
        points = _turned(word, x_height_px / x_height * nib.size[place], nib.turn[place], nib.lift[place] * x_height_px)
        points += np.array([pen - points[:, 0].min(), 0], np.float32)
        edges.append((pen, float(points[:, 0].max())))
        pen = edges[-1][1] + word_spacing * x_height_px
        placed.append(points)
    points = np.concatenate(placed)
    starts, ends, widths = _pieces(points, np.concatenate([word.first for word in words]), nib)
    widths = np.maximum(widths * x_height_px, 1.0 / FINENESS)
    margin = float(widths.max()) / 2 + 1.0
    left, top = np.floor(points.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
    coverage = _drawn(starts - (left, top), ends - (left, top), widths, (bottom - top, right - left))
    boxes = _boxes(starts, ends, x_height_px, float(widths.max()) / 2)
    boxes[:, [0, 2]] -= left
    return Strip(coverage, -int(top), x_height_px, [""] * len(boxes), boxes, np.array(edges) - left)


def _turned(word: PenWord, scale: float, degrees: float, lift: float) -> np.ndarray:
    """Points in pixels from the left end of a word's baseline."""
    baseline, _ = word.baseline_and_x_height()
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([sum(word.extent) / 2, baseline])
    return ((word.points - middle) @ (turn * scale) - (0.0, lift)).astype(np.float32)


def _pieces(points: np.ndarray, first: np.ndarray, nib: Nib) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Straight pieces between points: their starts and ends (m, 2), and how broad they are (m,) in x-heights."""
    follows = np.append(~first[1:], False)
    lone = first & ~follows
    at = np.flatnonzero(follows)
    move = points[at + 1] - points[at]
    length = np.maximum(np.hypot(move[:, 0], move[:, 1]), 1e-3)
    angle = np.arctan2(move[:, 1], move[:, 0])
    joined = np.append(at[1:] == at[:-1] + 1, False)  # whether a piece goes on in the next one
    change = np.abs(np.diff(angle, append=0.0))
    change = np.where(joined, np.minimum(change, 2 * np.pi - change) / np.pi, 0.0)
    turning = 0.5 * (change + np.concatenate([[0.0], change[:-1]]))
    width = 1.0 + nib.broadening * move[:, 1] / length + nib.slowness * (turning - TURNING_ON_AVERAGE)
    before = np.concatenate([[False], joined[:-1]])
    width = np.where(before & joined, (np.roll(width, 1) + 2.0 * width + np.roll(width, -1)) / 4.0, width)
    width = np.where(before & joined, width, width * (1.0 - nib.taper))
    dots = points[lone]
    starts, ends = np.concatenate([points[at], dots]), np.concatenate([points[at + 1], dots])
    return starts, ends, nib.width * np.concatenate([width, np.full(len(dots), DOT)])


def _drawn(starts: np.ndarray, ends: np.ndarray, widths: np.ndarray, canvas_HW: tuple[int, int]) -> np.ndarray:
    """Coverage of the pieces, uint8 (H, W)."""
    fine = np.zeros((canvas_HW[0] * FINENESS, canvas_HW[1] * FINENESS), np.uint8)
    pieces = np.round(np.stack([starts, ends], axis=1) * FINENESS).astype(np.int32)
    broad = np.maximum(np.round(widths * FINENESS), 1).astype(int)
    for thickness in np.unique(broad):
        cv2.polylines(fine, list(pieces[broad == thickness]), False, 255, int(thickness))
    return cv2.resize(fine, (canvas_HW[1], canvas_HW[0]), interpolation=cv2.INTER_AREA)


def _boxes(starts: np.ndarray, ends: np.ndarray, step: float, radius: float) -> np.ndarray:
    """Upright boxes (n, 4) that hold all pieces, those that begin near each other in one, from left to right."""
    place = ((starts[:, 0] - starts[:, 0].min()) / step).astype(int)
    order = np.argsort(place, kind="stable")
    bounds = np.flatnonzero(np.diff(place[order], prepend=-1))
    low = np.minimum.reduceat(np.minimum(starts, ends)[order], bounds)
    high = np.maximum.reduceat(np.maximum(starts, ends)[order], bounds)
    return np.concatenate([low - radius, high + radius], axis=1).astype(float)
