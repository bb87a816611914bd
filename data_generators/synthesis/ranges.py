"""Random draws from the ranges that configs state."""

import hashlib

import numpy as np

Range = tuple[float, float]


def draw(rng: np.random.Generator, low_high: Range) -> float:
    """A uniform draw from [low, high]."""
    low, high = low_high
    return float(rng.uniform(low, high))


def choose(rng: np.random.Generator, weights: dict[str, float]) -> str:
    """One of the names, with chances in proportion to their weights."""
    names = list(weights)
    chances = np.array([weights[name] for name in names], dtype=float)
    return names[int(rng.choice(len(names), p=chances / chances.sum()))]


def stable_fraction(name: str) -> float:
    """A number in [0, 1) that depends on the name alone: the same on any machine, whatever else there is."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def split_of(name: str, val: float = 0.1, test: float = 0.1) -> str:
    """The split that a font family, page or writer falls into, by its name alone."""
    fraction = stable_fraction(name)
    if fraction < test:
        return "test"
    return "val" if fraction < test + val else "train"


def smooth_noise(rng: np.random.Generator, length: int, step: int) -> np.ndarray:
    """float (length,) in 0..1, a smooth random curve with a new level about every ``step`` points."""
    knots = rng.random(max(2, length // max(1, step) + 2))
    return np.interp(np.linspace(0, len(knots) - 1, length), np.arange(len(knots)), knots).astype(np.float32)


def wave(rng: np.random.Generator, length: int, levels: int) -> np.ndarray:
    """float (length,) in -1..1, a random curve that takes a new level ``levels`` times on its way."""
    knots = rng.uniform(-1.0, 1.0, levels + 1)
    return np.interp(np.linspace(0.0, levels, length), np.arange(levels + 1), knots)
