"""What the pen does: strokes of more or less weight, and ink that is dark, faded or dry."""

from dataclasses import dataclass

import cv2
import numpy as np

from data_generators.synthesis.paper import grain
from data_generators.synthesis.ranges import Range, draw, wave

SOFTNESS_PX = 0.8  # standard deviation of the blur in which a stroke's edge is moved
EDGE_SLOPE = 1.0 / (SOFTNESS_PX * np.sqrt(2 * np.pi))  # coverage a pixel, at a blurred edge


@dataclass(frozen=True)
class PenRanges:
    """How a pen varies."""

    weight: Range  # strokes thicker (or, below 0, thinner) than the font's, x-heights
    pressure: Range  # change of the weight along the line, x-heights
    contrast: Range  # part of the paper's light that ink takes away
    fade: Range  # part of that lost where the pen is lightest
    dryness: Range  # part of the ink that skips the paper's grain


def press(rng: np.random.Generator, coverage: np.ndarray, x_height_px: float, ranges: PenRanges) -> np.ndarray:
    """Strokes thickened or thinned by less than a pixel or by several, more here and less there; uint8 (H, W) to the same."""
    width = coverage.shape[1]
    weight = draw(rng, ranges.weight) + draw(rng, ranges.pressure) * wave(rng, width, max(1, int(width / (4 * x_height_px))))
    moved = np.clip(weight * x_height_px / 2, -0.35, None)  # each edge moves by half; thinner would break hairlines
    soft = cv2.GaussianBlur(coverage, (5, 5), SOFTNESS_PX).astype(np.float32)
    gain = 0.85 / EDGE_SLOPE
    soft *= gain
    soft += (127.5 + gain * (moved * EDGE_SLOPE * 255.0 - 127.5)).astype(np.float32)
    if moved.max() > 1.0:  # farther than the blur reaches
        size = 2 * int(moved.max()) + 1
        soft = np.maximum(soft, cv2.dilate(coverage, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))))
    np.clip(soft, 0.0, 255.0, out=soft)
    return soft.astype(np.uint8)


def absorb(rng: np.random.Generator, coverage: np.ndarray, ranges: PenRanges) -> np.ndarray:
    """The part of the light that the ink takes away, float32 (H, W) in 0..1."""
    height, width = coverage.shape
    uneven = cv2.resize(rng.random((2, 8), dtype=np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    ink = uneven * np.float32(-draw(rng, ranges.fade)) + np.float32(1.0)
    dryness = draw(rng, ranges.dryness)
    if dryness > 0.02:
        ink -= np.maximum(grain(rng, height, width), 0.0) * np.float32(dryness)
        np.maximum(ink, 0.0, out=ink)
    ink *= coverage
    ink *= np.float32(draw(rng, ranges.contrast) / 255.0)
    return ink
