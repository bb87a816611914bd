"""How well baselines were found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TOLERANCE = 0.5  # of the distance to the next true baseline: nearer than to any other line
LEAST_COVERED = 0.5  # of both baselines, for the two to be the same line
STEP_PX = 5.0


@dataclass
class BaselineCounts:
    """Lines that were found and lines that there are.

    Attributes:
        hits: pairs of a true and a found line.
        found, present: lines.
        covered: sums over the true lines of the part of them that is covered, and over the found lines of the part that is right.
    """

    hits: int = 0
    found: int = 0
    present: int = 0
    covered: float = 0.0
    right: float = 0.0

    def add(self, other: "BaselineCounts") -> None:
        """Adds another page's."""
        for name in ("hits", "found", "present", "covered", "right"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def metrics(self) -> dict[str, float]:
        """Recall, precision and F1 of whole lines, and of their lengths."""
        recall, precision = self.hits / max(1, self.present), self.hits / max(1, self.found)
        long_recall, long_precision = self.covered / max(1, self.present), self.right / max(1, self.found)
        return {
            "line_recall": recall,
            "line_precision": precision,
            "line_f1": harmonic(recall, precision),
            "length_recall": long_recall,
            "length_precision": long_precision,
            "length_f1": harmonic(long_recall, long_precision),
        }


def harmonic(a: float, b: float) -> float:
    """The harmonic mean; 0 where both are."""
    return 2 * a * b / (a + b) if a + b else 0.0


def compare_baselines(truth: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> BaselineCounts:
    """Compares the baselines of a page, float (n, 2) each.

    A point is covered if the other baseline passes within `TOLERANCE` times the distance from the true line to the next true one
    (after Gruening et al. 2018, "READ-BAD", section 4, who take a quarter of it). Two lines are the same if at least half of each
    is covered by the other; every line is matched once.
    """
    reach = tolerances(truth)
    walked_truth, walked_found = [walk(line) for line in truth], [walk(line) for line in found]
    covers = np.zeros((len(truth), len(found), 2))
    for a, (line, tolerance) in enumerate(zip(walked_truth, reach, strict=True)):
        for b, other in enumerate(walked_found):
            distance = np.sqrt(((line[:, None] - other[None]) ** 2).sum(axis=2))
            covers[a, b] = (distance.min(axis=1) <= tolerance).mean(), (distance.min(axis=0) <= tolerance).mean()
    counts = BaselineCounts(found=len(found), present=len(truth))
    free_truth, free_found = set(range(len(truth))), set(range(len(found)))
    for place in np.argsort(-covers.sum(axis=2), axis=None):
        a, b = divmod(int(place), max(1, len(found)))
        if a in free_truth and b in free_found and covers[a, b].min() >= LEAST_COVERED:
            counts.hits += 1
            free_truth.remove(a)
            free_found.remove(b)
    if len(truth) and len(found):
        counts.covered = float(covers[..., 0].max(axis=1).sum())
        counts.right = matched_once(covers[..., 1])
    return counts


def matched_once(covers: np.ndarray) -> float:
    """The sum of the parts of found lines that are right, (true, found), where each true line is found by one line alone.

    A line that is found three times, or in three pieces, is right once ("READ-BAD", section 4, on precision).
    """
    left, total = covers.copy(), 0.0
    for _ in range(min(covers.shape)):
        place = np.unravel_index(np.argmax(left), left.shape)
        total += max(0.0, float(left[place]))
        left[place[0], :], left[:, place[1]] = -1.0, -1.0
    return total


def tolerances(truth: Sequence[np.ndarray]) -> list[float]:
    """For each line half of the distance to the nearest line above or below it, at least one step; pixels."""
    middles = np.array([line[:, 1].mean() for line in truth])
    spans = np.array([(line[:, 0].min(), line[:, 0].max()) for line in truth]).reshape(-1, 2)
    gaps = []
    for place in range(len(truth)):
        beside = (spans[:, 0] < spans[place, 1]) & (spans[:, 1] > spans[place, 0])
        distances = np.abs(middles - middles[place])[beside & (np.arange(len(truth)) != place)]
        gaps.append(float(distances.min()) if len(distances) else np.nan)
    usual = float(np.nanmedian(gaps)) if len(gaps) and not np.isnan(gaps).all() else 100.0
    return [max(STEP_PX, TOLERANCE * float(np.nanmin([usual, gap]))) for gap in gaps]


def walk(line: np.ndarray) -> np.ndarray:
    """Points at even distances along a polyline, float (m, 2)."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    places = np.linspace(0.0, lengths[-1], max(2, int(lengths[-1] / STEP_PX)))
    return np.stack([np.interp(places, lengths, line[:, axis]) for axis in (0, 1)], axis=1)
