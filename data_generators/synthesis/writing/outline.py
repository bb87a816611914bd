"""The rim of a line that was cut out of its page along a polygon, as line data sets are made."""

from dataclasses import dataclass

import numpy as np

from data_generators.synthesis.ranges import Range, draw


@dataclass(frozen=True)
class OutlineRanges:
    """How lines are cut out; lengths are x-heights."""

    probability: float
    gap: Range  # between the ink and the rim
    step: Range  # between the polygon's corners


def outline_of(rng: np.random.Generator, text: np.ndarray, x_height_px: float, ranges: OutlineRanges) -> np.ndarray:
    """Where a page was kept: a band round the writing with an uneven rim above and below, bool (H, W).

    Args:
        rng: decides the rim.
        text: bool (H, W), the writing.
        x_height_px: the unit of the ranges.
        ranges: how far from the ink, and how often the rim has a corner.
    """
    height, width = text.shape
    step = max(4, int(draw(rng, ranges.step) * x_height_px))
    corners = np.arange(0, width + step, step)
    rows = np.arange(height)[:, None]
    tops, bottoms = np.full(len(corners), np.nan), np.full(len(corners), np.nan)
    for place, corner in enumerate(corners):
        inked = np.flatnonzero(text[:, max(0, corner - step) : corner + step].any(axis=1))
        if len(inked):
            tops[place] = inked[0] - draw(rng, ranges.gap) * x_height_px
            bottoms[place] = inked[-1] + draw(rng, ranges.gap) * x_height_px
    known = ~np.isnan(tops)
    columns = np.arange(width)
    top = np.interp(columns, corners[known], tops[known])
    bottom = np.interp(columns, corners[known], bottoms[known])
    return ((rows >= top) & (rows <= bottom)) | text
