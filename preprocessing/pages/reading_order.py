"""In which order the lines of a page are read."""

from collections.abc import Sequence

import numpy as np

from preprocessing.pages.baselines import FoundLine

GUTTER = 1.5  # x-heights: a gap between columns is at least so wide
SAME_HEIGHT = 0.8  # x-heights: lines that differ by less stand beside each other
FEWEST_IN_COLUMNS = 3  # lines, of two columns together
FAR_BELOW = 7.0  # x-heights from one line to the next that begin a new block
SHARED = 0.15  # of the narrower line's width: less than that in common is beside each other


def reading_order(lines: Sequence[FoundLine]) -> list[int]:
    """The places of lines in reading order: from top to bottom, columns one after the other.

    From above, as many lines as can be parted by a gutter from top to bottom are columns, and are read column by column, each by
    the same rule (the XY cut of Nagy & Seth 1984, without cutting what runs across); where there is no gutter, the highest
    line comes next.
    """
    boxes = np.array([_box(line) for line in lines]).reshape(-1, 4)
    gutter = GUTTER * float(np.median([line.x_height for line in lines])) if lines else 0.0
    return _ordered(list(np.argsort(boxes[:, 3], kind="stable")), boxes, gutter)


def columns_of(lines: Sequence[FoundLine], order: Sequence[int]) -> list[list[int]]:
    """The lines in reading order cut into blocks: a new one begins where the next line stands beside the last or far below."""
    blocks: list[list[int]] = []
    for place in order:
        if blocks and _goes_on(lines[blocks[-1][-1]], lines[place]):
            blocks[-1].append(place)
        else:
            blocks.append([place])
    return blocks


def _goes_on(last: FoundLine, line: FoundLine) -> bool:
    a, b = _box(last), _box(line)
    overlap = (min(a[1], b[1]) - max(a[0], b[0])) / max(1e-6, min(a[1] - a[0], b[1] - b[0]))
    return bool(overlap > SHARED and 0 < b[3] - a[3] < FAR_BELOW * max(last.x_height, line.x_height))


def _box(line: FoundLine) -> tuple[float, float, float, float]:
    """Left, right, x-height, and the mean height of the baseline."""
    x, y = line.baseline.T
    return float(x.min()), float(x.max()), line.x_height, float(y.mean())


def _ordered(waiting: list[int], boxes: np.ndarray, gutter: float) -> list[int]:
    """The order of lines that are sorted by height."""
    order: list[int] = []
    while waiting:
        for count in range(len(waiting), FEWEST_IN_COLUMNS - 1, -1):
            left = _left_column(waiting[:count], boxes, gutter)
            if left:
                right = [place for place in waiting[:count] if place not in left]
                order += _ordered([place for place in waiting[:count] if place in left], boxes, gutter)
                order += _ordered(right, boxes, gutter)
                waiting = waiting[count:]
                break
        else:
            order.append(_next_line(waiting, boxes))
            waiting = [place for place in waiting if place != order[-1]]
    return order


def _left_column(places: list[int], boxes: np.ndarray, gutter: float) -> set[int]:
    """The lines to the left of the first gutter that parts two columns; none where there is no such gutter."""
    by_left = sorted(places, key=lambda place: boxes[place, 0])
    reach = np.maximum.accumulate(boxes[by_left, 1])
    for cut in np.flatnonzero(boxes[by_left[1:], 0] - reach[:-1] >= gutter) + 1:
        left, right = by_left[:cut], by_left[cut:]
        low = max(boxes[left, 3].min(), boxes[right, 3].min())
        high = min(boxes[left, 3].max(), boxes[right, 3].max())
        if low - high <= SAME_HEIGHT * boxes[places, 2].max() and len(left) + len(right) >= FEWEST_IN_COLUMNS:
            return {int(place) for place in left}
    return set()


def _next_line(waiting: list[int], boxes: np.ndarray) -> int:
    """The highest line; of those at its height the leftmost."""
    top = waiting[0]
    beside = [place for place in waiting if boxes[place, 3] - boxes[top, 3] < SAME_HEIGHT * boxes[top, 2]]
    return int(min(beside, key=lambda place: boxes[place, 0]))
