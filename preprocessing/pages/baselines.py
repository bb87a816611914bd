"""From maps of baselines, line ends and bodies to lines."""

from dataclasses import dataclass

import numpy as np

from base.types import LayoutInk

SURE = 0.35  # probability from which a pixel belongs to a baseline
STRONG = 0.6  # mean probability that a line must have: the best F1 on composed pages of the val split, of 0.5 to 0.75
REACH_PX = 1  # by which runs of neighbouring columns may miss each other
LONGEST_GAP = 3.0  # x-heights between two parts of a line
STEEPEST = 0.6  # x-heights by which the parts of a line may lie apart in height
SHORTEST = 1.5  # x-heights
SLOPE_OVER = 3.0  # x-heights at the end of a part that tell where it is heading
POINT_EVERY = 1.5  # x-heights between the points of a baseline
USUAL_X_HEIGHT_PX = 9.0  # where the bodies do not tell
SMALLEST_PX, LARGEST_PX = 3.0, 60.0


@dataclass(frozen=True)
class FoundLine:
    """A line that was found on a page, in pixels.

    Attributes:
        baseline: float (n, 2), x and y, from left to right.
        x_height: the height of small letters.
        confidence: 0..1, the mean probability along the baseline.
    """

    baseline: np.ndarray
    x_height: float
    confidence: float

    def scaled(self, scale: float) -> "FoundLine":
        """The same line on the page at another size."""
        return FoundLine(self.baseline * scale, self.x_height * scale, self.confidence)


@dataclass
class _Part:
    """A piece of a baseline, one point a column: places x, y and probabilities."""

    x: list[int]
    y: list[float]
    chance: list[float]

    def heading(self, at_end: bool, over: float) -> float:
        """The slope of the last or first columns."""
        count = max(2, min(len(self.x), int(over)))
        x, y = (values[-count:] if at_end else values[:count] for values in (self.x, self.y))
        return float(np.polyfit(x, y, 1)[0]) if len(x) > 3 else 0.0


def find_lines(chances_HWC: np.ndarray) -> list[FoundLine]:
    """Lines of a page, in no order.

    Args:
        chances_HWC: float32 (H, W, 3), probabilities in the order of `LayoutInk`.
    """
    places = {kind: place for place, kind in enumerate(LayoutInk)}
    baseline, end, body = (chances_HWC[..., places[kind]] for kind in (LayoutInk.BASELINE, LayoutInk.END, LayoutInk.BODY))
    parts = [part for part in trace_columns(baseline) if len(part.x) >= SMALLEST_PX]
    usual = _usual_height(parts, body)
    parts = join_parts(parts, end, usual)
    lines = []
    for part in parts:
        x_height = _height_above(part, body) or usual
        confidence = float(np.mean(part.chance))
        if part.x[-1] - part.x[0] >= SHORTEST * x_height and confidence >= STRONG:
            lines.append(FoundLine(_thinned(part, x_height), x_height, confidence))
    return lines


def trace_columns(baseline_HW: np.ndarray) -> list[_Part]:
    """Bands of likely pixels followed from column to column; where two meet or one forks, parts end and begin."""
    sure = baseline_HW > SURE
    edges = np.diff(np.pad(sure, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    growing: list[tuple[int, int, _Part]] = []  # the runs of the column before: first row, last row, their parts
    parts: list[_Part] = []
    for x in range(sure.shape[1]):
        tops, bottoms = np.flatnonzero(edges[:, x] == 1), np.flatnonzero(edges[:, x] == -1) - 1
        runs = list(zip(tops.tolist(), bottoms.tolist(), strict=True))
        following = []
        for top, bottom in runs:
            before = [part for first, last, part in growing if first - REACH_PX <= bottom and top <= last + REACH_PX]
            part = before[0] if len(before) == 1 and _is_alone(before[0], growing, runs) else None
            if part is None:
                part = _Part([], [], [])
                parts.append(part)
            weights = baseline_HW[top : bottom + 1, x]
            part.x.append(x)
            part.y.append(float(weights @ np.arange(top, bottom + 1) / weights.sum()))
            part.chance.append(float(weights.max()))
            following.append((top, bottom, part))
        growing = following
    return parts


def _is_alone(part: _Part, growing: list[tuple[int, int, _Part]], runs: list[tuple[int, int]]) -> bool:
    """Whether only one run of the next column touches the last run of a part."""
    first, last = next((first, last) for first, last, other in growing if other is part)
    return sum(first - REACH_PX <= bottom and top <= last + REACH_PX for top, bottom in runs) == 1


def join_parts(parts: list[_Part], end_HW: np.ndarray, x_height: float) -> list[_Part]:
    """Parts that go on as one line: near each other, heading for each other, and not both at an end of a line."""
    waiting = sorted(parts, key=lambda part: part.x[0])
    joined: list[_Part] = []
    for part in waiting:
        best, nearest = None, np.inf
        for before in joined:
            gap = part.x[0] - before.x[-1]
            if not -x_height < gap <= LONGEST_GAP * x_height:
                continue
            slope = (before.heading(True, SLOPE_OVER * x_height) + part.heading(False, SLOPE_OVER * x_height)) / 2
            miss = abs(part.y[0] - before.y[-1] - slope * gap)
            if miss > STEEPEST * x_height or (gap > 0.7 * x_height and _both_end(end_HW, before, part, x_height)):
                continue
            if gap + 3 * miss < nearest:
                best, nearest = before, gap + 3 * miss
        if best is None:
            joined.append(part)
        else:
            fresh = next((place for place, x in enumerate(part.x) if x > best.x[-1]), len(part.x))
            for own, added in ((best.x, part.x), (best.y, part.y), (best.chance, part.chance)):
                own.extend(added[fresh:])  # type: ignore[arg-type]
    return joined


def _both_end(end_HW: np.ndarray, before: _Part, part: _Part, x_height: float) -> bool:
    """Whether the network sees the end of one line and the beginning of another there."""
    return all(_chance_near(end_HW, x, y, x_height / 2) > 0.5 for x, y in ((before.x[-1], before.y[-1]), (part.x[0], part.y[0])))


def _chance_near(map_HW: np.ndarray, x: float, y: float, reach: float) -> float:
    rows = slice(max(0, int(y - reach)), int(y + reach) + 1)
    columns = slice(max(0, int(x - reach)), int(x + reach) + 1)
    return float(map_HW[rows, columns].max(initial=0.0))


def _usual_height(parts: list[_Part], body_HW: np.ndarray) -> float:
    """The median x-height of a page's lines by their lengths, pixels."""
    heights = [(_height_above(part, body_HW), len(part.x)) for part in parts]
    known = [height for height, length in heights for _ in range(length // 8) if height]
    return float(np.median(known)) if known else USUAL_X_HEIGHT_PX


def _height_above(part: _Part, body_HW: np.ndarray) -> float:
    """How far the body reaches up from a baseline, the median over its columns; 0 where there is none."""
    step = max(1, len(part.x) // 60)
    heights = []
    for x, y in zip(part.x[::step], part.y[::step], strict=True):
        column = body_HW[max(0, int(y - LARGEST_PX)) : max(0, int(y)), x][::-1] > 0.5
        if column[:3].any():
            first = int(column.argmax())
            gone = np.flatnonzero(~column[first:])
            heights.append(first + (int(gone[0]) if len(gone) else len(column) - first))
    return float(np.clip(np.median(heights), SMALLEST_PX, LARGEST_PX)) if len(heights) >= 3 else 0.0


def _thinned(part: _Part, x_height: float) -> np.ndarray:
    """Points of a baseline at even distances, smoothed over about an x-height."""
    x, y = np.array(part.x, float), np.array(part.y)
    window = max(1, min(len(y), round(x_height)))
    smooth = np.convolve(np.pad(y, (window // 2, window - 1 - window // 2), mode="edge"), np.ones(window) / window, mode="valid")
    count = max(2, round((x[-1] - x[0]) / (POINT_EVERY * x_height)) + 1)
    places = np.linspace(x[0], x[-1], count)
    return np.stack([places, np.interp(places, x, smooth)], axis=1)
