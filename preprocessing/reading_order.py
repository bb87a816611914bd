"""In which order the lines of a page are read."""

from collections.abc import Sequence

import numpy as np

from preprocessing.baselines import FoundLine

SHARED = 0.15  # of the shorter line's width: less than that side by side counts as beside each other
GUTTER = 1.5  # x-heights: a gap between columns is at least so wide


def reading_order(lines: Sequence[FoundLine]) -> list[int]:
    """The places of lines in reading order: columns from left to right, each from top to bottom.

    Breuel 2003, "High Performance Document Layout Analysis", section 4: a line comes before another if both stand in the
    same column and it is higher, or if it stands wholly to the left and no third line, which is between them in height,
    spans both columns. The order is the topological one, with what is higher first where nothing else decides.
    """
    boxes = np.array([_box(line) for line in lines]).reshape(-1, 4)
    count = len(boxes)
    before = np.zeros((count, count), bool)
    for a in range(count):
        for b in range(count):
            if a != b:
                before[a, b] = _above(boxes, a, b) or _left_of(boxes, a, b)
    return _topological(before, boxes)


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
    height = max(last.x_height, line.x_height)
    return bool(_overlap(a, b) > 0 and 0 < b[3] - a[3] < 7 * height)


def _box(line: FoundLine) -> tuple[float, float, float, float]:
    """Left, right, top, and the mean height of the baseline."""
    x, y = line.baseline.T
    return float(x.min()), float(x.max()), float(y.mean() - line.x_height), float(y.mean())


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """The part of the narrower line's width that both share."""
    return (min(a[1], b[1]) - max(a[0], b[0])) / max(1e-6, min(a[1] - a[0], b[1] - b[0]))


def _above(boxes: np.ndarray, a: int, b: int) -> bool:
    return _overlap(boxes[a], boxes[b]) > SHARED and boxes[a, 3] < boxes[b, 3]


def _left_of(boxes: np.ndarray, a: int, b: int) -> bool:
    """Whether a stands in a column to the left of b's."""
    if _overlap(boxes[a], boxes[b]) > SHARED or boxes[a, 0] >= boxes[b, 0]:
        return False
    low, high = sorted((boxes[a, 3], boxes[b, 3]))
    between = (boxes[:, 3] > low) & (boxes[:, 3] < high)
    spans = [_overlap(box, boxes[a]) > SHARED and _overlap(box, boxes[b]) > SHARED for box in boxes[between]]
    return not any(spans)


def _topological(before: np.ndarray, boxes: np.ndarray) -> list[int]:
    """Kahn's algorithm; a cycle, which overlapping lines may make, is cut at its highest line."""
    waiting = set(range(len(boxes)))
    order: list[int] = []
    while waiting:
        free = [place for place in waiting if not any(before[other, place] for other in waiting)]
        chosen = min(free or waiting, key=lambda place: (_last_column(order, boxes, place), boxes[place, 3], boxes[place, 0]))
        order.append(chosen)
        waiting.remove(chosen)
    return order


def _last_column(order: list[int], boxes: np.ndarray, place: int) -> bool:
    """False for a line that goes on below the last one, so that a column is read to its end."""
    return not (order and _overlap(boxes[order[-1]], boxes[place]) > SHARED)
