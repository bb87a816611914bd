"""The outline of a line: from its baseline up and down to where its neighbours' ink begins."""

from collections.abc import Sequence

import cv2
import numpy as np

from preprocessing.pages.baselines import FoundLine
from preprocessing.pages.line_cutting import baseline_frame, lengths_along

UNIT_PX = 8.0  # of an x-height, in the strip that is searched
ABOVE, BELOW = 2.6, 1.5  # x-heights that an outline may reach
LEAST_ABOVE, LEAST_BELOW = 1.15, 0.25  # x-heights that belong to the line in any case
USUAL_ABOVE, USUAL_BELOW = 1.9, 0.95  # where nothing is in the way
PULL = 6.0  # grey levels of ink that a step of one x-height away from the usual place is worth
STEP_COST = 4.0  # grey levels for each step up or down
BEYOND = 0.6  # x-heights beyond the ends of the baseline
POINT_EVERY = 0.8  # x-heights between the points of an outline


def outlines(page: np.ndarray, lines: Sequence[FoundLine]) -> list[np.ndarray]:
    """Polygons, float (n, 2), of the lines of a page, in the page's pixels; at its rim they may reach beyond it.

    Each line is unrolled along its baseline; above and below its small letters the path of least ink is looked for
    (Avidan & Shamir 2007), which goes round descenders of the line above and ascenders of the line below.

    Args:
        page: uint8 (H, W), dark ink on light paper.
        lines: those of the whole page, since neighbours limit each other.
    """
    return [outline_among(page, line, lines) for line in lines]


def outline_among(page: np.ndarray, line: FoundLine, lines: Sequence[FoundLine]) -> np.ndarray:
    """The outline of one line among those of its page, see `outlines`."""
    return _outline(page, line, _room(line, lines))


def _room(line: FoundLine, lines: Sequence[FoundLine]) -> tuple[float, float]:
    """How far the next baselines above and below are, in x-heights, at most `ABOVE` and `BELOW` and what belongs to them."""
    above, below = ABOVE, BELOW
    places = np.linspace(line.baseline[0, 0], line.baseline[-1, 0], 9)
    own = np.interp(places, *line.baseline.T)
    for other in lines:
        if other is line:
            continue
        shared = (places >= other.baseline[0, 0]) & (places <= other.baseline[-1, 0])
        if not shared.any():
            continue
        distance = float(np.median((np.interp(places, *other.baseline.T) - own)[shared])) / line.x_height
        if distance < -0.5:
            above = min(above, max(LEAST_ABOVE, -distance - LEAST_BELOW))
        elif distance > 0.5:
            below = min(below, max(LEAST_BELOW, distance - LEAST_ABOVE * other.x_height / line.x_height))
    return above, below


def _outline(page: np.ndarray, line: FoundLine, room: tuple[float, float]) -> np.ndarray:
    above, below = room
    unit = line.x_height / UNIT_PX  # page pixels of one of the strip
    lengths = lengths_along(line.baseline)
    along = np.arange(-BEYOND * line.x_height, lengths[-1] + BEYOND * line.x_height + unit, unit)
    across = np.arange(-round(above * UNIT_PX), round(below * UNIT_PX) + 1)
    points, normals = baseline_frame(line.baseline, lengths, along)
    maps = (points[None] + across[:, None, None] * unit * normals[None]).astype(np.float32)
    strip = cv2.remap(page, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    ink = 255.0 - cv2.GaussianBlur(strip, (3, 3), 0).astype(np.float32)
    top = _seam(ink, across, -above, -LEAST_ABOVE, -min(USUAL_ABOVE, above))
    bottom = _seam(ink, across, LEAST_BELOW, below, min(USUAL_BELOW, below))
    step = max(1, round(POINT_EVERY * UNIT_PX))
    chosen = [*range(0, len(along) - 1, step), len(along) - 1]
    rim = [points[chosen] + (side[chosen] * unit)[:, None] * normals[chosen] for side in (top, bottom)]
    return np.concatenate([rim[0], rim[1][::-1]])


def _seam(ink: np.ndarray, across: np.ndarray, low: float, high: float, usual: float) -> np.ndarray:
    """The path of least ink from left to right between two heights, in strip pixels from the baseline, float (columns,).

    Args:
        ink: float32 (rows, columns), grey levels.
        across: height of each row, strip pixels, downwards.
        low, high: where the path may go, x-heights.
        usual: where it goes over blank paper, x-heights.
    """
    rows = np.flatnonzero((across >= round(low * UNIT_PX)) & (across <= round(high * UNIT_PX)))
    if len(rows) < 2:
        return np.full(ink.shape[1], usual * UNIT_PX)
    cost = ink[rows] + (PULL / UNIT_PX * np.abs(across[rows] - usual * UNIT_PX))[:, None]
    total, came = cost[:, 0].copy(), np.zeros(cost.shape, np.int8)
    padded = np.empty(len(rows) + 2, np.float32)
    for column in range(1, cost.shape[1]):
        padded[0] = padded[-1] = np.inf
        padded[1:-1] = total
        options = np.stack([padded[:-2] + STEP_COST, padded[1:-1], padded[2:] + STEP_COST])
        best = options.argmin(axis=0)
        came[:, column] = best - 1
        total = np.take_along_axis(options, best[None], axis=0)[0] + cost[:, column]
    path = np.empty(cost.shape[1], int)
    path[-1] = int(total.argmin())
    for column in range(cost.shape[1] - 1, 0, -1):
        path[column - 1] = path[column] + came[path[column], column]
    return across[rows][path].astype(float)
