"""Lines of a page by classical means: what users would run without a network."""

from itertools import pairwise

import cv2
import numpy as np

from preprocessing.binarise import sauvola
from preprocessing.pages.baselines import FoundLine
from preprocessing.pages.skew import Turn, estimate_skew

WINDOW = 0.006  # of the page's height, over which the profile is smoothed
LEAST_OF_PEAK = 0.12  # of the fullest row: a line has at least so much ink
SHORTEST_PX = 8
X_HEIGHT = 0.6  # of a hill
LOOKED_AT_PX = 900  # of the longer side, to tell a page from a line
GAP = 0.06  # of the page's width: blank so far apart, the ink of a row belongs to two lines


def projection_lines(page: np.ndarray) -> list[FoundLine]:
    """Deskews the page, sums the ink of each row, and takes every hill of that profile for a line.

    The baseline of a line is where its profile falls fastest, level over the ink's extent.

    Args:
        page: uint8 (H, W), dark ink on light paper.
    """
    turn = Turn(page.shape, -estimate_skew(page))
    ink = sauvola(turn.image(page)).astype(np.float32)
    window = max(3, round(WINDOW * len(ink)) | 1)
    profile = cv2.GaussianBlur(ink.sum(axis=1, keepdims=True), (1, window), 0).ravel()
    inked = profile > LEAST_OF_PEAK * np.percentile(profile, 98)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inked.astype(np.int8), [0]])))
    lines = []
    for top, bottom in zip(edges[::2], edges[1::2], strict=True):
        if bottom - top < SHORTEST_PX:
            continue
        fall = np.diff(profile[top : bottom + 1])
        baseline = top + int(fall.argmin())
        x_height = max(4.0, X_HEIGHT * (bottom - top))
        for left, right in _extents(ink[top:bottom].sum(axis=0), round(GAP * ink.shape[1])):
            level = np.array([[left, baseline], [right, baseline]], float)
            lines.append(FoundLine(turn.back(level), x_height, 1.0))
    return lines


def rows_of_writing(image: np.ndarray) -> int:
    """How many lines stand below each other in a picture uint8 (H, W), as far as the ink of its rows tells; made small first."""
    scale = min(1.0, LOOKED_AT_PX / max(image.shape))
    small = image if scale == 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lines = sorted((float(line.baseline[:, 1].mean()), line.x_height) for line in projection_lines(small))
    apart = [below - above > max(SHORTEST_PX, height / X_HEIGHT) for (above, height), (below, _) in pairwise(lines)]
    return sum(apart) + bool(lines)  # what is nearer than a line's height is its underline, or its dots


def _extents(columns: np.ndarray, gap: int) -> list[tuple[int, int]]:
    """First and last columns of ink, in pieces where more than ``gap`` columns are blank."""
    inked = np.flatnonzero(columns > 0)
    if not len(inked):
        return []
    cuts = np.flatnonzero(np.diff(inked) > gap)
    starts, ends = inked[np.concatenate([[0], cuts + 1])], inked[np.concatenate([cuts, [len(inked) - 1]])]
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if b - a >= 2 * SHORTEST_PX]
