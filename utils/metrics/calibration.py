"""Whether confidences are honest: how often what is read with 90% confidence is right."""

import numpy as np

BINS = 15
PRIOR = 10.0  # characters that speak for a temperature of 1
TEMPERATURES = np.geomspace(0.25, 8.0, 61)


def reliability(confidences: np.ndarray, right: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Mean confidence, part that is right, and count of each bin of confidence; float (bins, 3), NaN for empty bins."""
    places = np.minimum((confidences * bins).astype(int), bins - 1)
    counts = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = np.bincount(places, confidences, bins) / counts
        parts = np.bincount(places, right, bins) / counts
    return np.stack([means, parts, counts], axis=1)


def expected_calibration_error(confidences: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """The mean distance of confidence and part that is right, over bins by their counts (Guo et al. 2017, eq. 3).

    Args:
        confidences: (n,), 0..1.
        right: (n,), 0..1: whether, or to what part, each is right.
    """
    table = reliability(confidences, right, bins)
    table = table[table[:, 2] > 0]
    return float((np.abs(table[:, 0] - table[:, 1]) * table[:, 2]).sum() / max(1.0, table[:, 2].sum()))


def fit_temperature(logits_NC: np.ndarray, classes_N: np.ndarray, right_N: np.ndarray) -> float:
    """The temperature under which the confidences of what was read are most likely (Guo et al. 2017, section 4.2).

    Args:
        logits_NC: of the frame in which each character was read.
        classes_N: the character that was read.
        right_N: bool, whether it stands there.
    """

    def surprise(temperature: float) -> float:
        scaled = logits_NC / temperature
        chosen = np.take_along_axis(scaled, classes_N[:, None], axis=1)[:, 0]
        chance = np.clip(np.exp(chosen - np.logaddexp.reduce(scaled, axis=1)), 1e-6, 1 - 1e-6)
        doubt = PRIOR * np.log(temperature) ** 2 / len(right_N)  # where nothing is wrong no temperature would be low enough
        return float(-np.log(np.where(right_N, chance, 1 - chance)).mean() + doubt)

    return float(min(TEMPERATURES, key=surprise))


def change_odds(chances: np.ndarray, odds: tuple[float, float]) -> np.ndarray:
    """float 0..1, of the shape that they have: chances whose logarithmic odds are multiplied and shifted (Platt 1999)."""
    slope, shift = odds
    inside = np.clip(chances, 1e-9, 1 - 1e-9)
    return 1.0 / (1.0 + np.exp(-slope * np.log(inside / (1.0 - inside)) - shift))


def fit_odds(chances: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and shift under which what was right is most likely: logistic regression by Newton's method, close to (1, 0).

    Args:
        chances: (n,), 0..1.
        right: bool (n,).
    """
    inside = np.clip(chances, 1e-6, 1 - 1e-6)
    features = np.stack([np.log(inside / (1.0 - inside)), np.ones(len(inside))], axis=1)
    before = values = np.array([1.0, 0.0])
    for _ in range(20):
        expected = 1.0 / (1.0 + np.exp(-features @ values))
        gradient = features.T @ (right - expected) - PRIOR * (values - before)
        curvature = (features * (expected * (1.0 - expected))[:, None]).T @ features + PRIOR * np.eye(2)
        values = values + np.linalg.solve(curvature, gradient)
    return float(values[0]), float(values[1])


def accepted_errors(confidences: np.ndarray, edits: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What remains if the least sure lines are left to a person: float (n, 3).

    Each row holds a confidence, the part of lines that are at least as sure, and their CER.
    """
    order = np.argsort(-confidences, kind="stable")
    kept = np.arange(1, len(order) + 1) / max(1, len(order))
    rates = np.cumsum(edits[order]) / np.maximum(1, np.cumsum(lengths[order]))
    return np.stack([confidences[order], kept, rates], axis=1)
