"""What the pen does: strokes of more or less weight, and ink that is dark, faded or dry."""

from dataclasses import dataclass

import cv2
import numpy as np

from data_generators.synthesis.paper import grain
from data_generators.synthesis.ranges import Range, draw, wave

SHARPNESS = 0.85  # of a stroke's edges: coverage a pixel
THINNEST_PX = -0.4  # an edge that moves farther inwards breaks hairlines
# A stroke's edge is moved in its blur, which must reach as far: (standard deviation, farthest move outwards), pixels.
# The wider blur would swallow hairlines where they do not grow.
FINE, WIDE = (0.8, 0.38), (1.2, 0.9)


@dataclass(frozen=True)
class PenRanges:
    """How a pen varies."""

    weight: Range  # strokes thicker (or, below 0, thinner) than the font's, x-heights
    pressure: Range  # change of the weight along the line, x-heights
    contrast: Range  # part of the paper's light that ink takes away
    fade: Range  # part of that lost where the pen is lightest
    dryness: Range  # part of the ink that skips the paper's grain
    hue_degrees: Range  # of coloured ink on the HSV circle
    saturation: Range  # 0 black ink, 1 pure colour


def press(rng: np.random.Generator, coverage: np.ndarray, x_height_px: float, ranges: PenRanges) -> tuple[np.ndarray, float]:
    """Strokes thickened or thinned by less than a pixel or by several, more here and less there.

    Args:
        rng: decides how much.
        coverage: uint8 (H, W).
        x_height_px: the unit of the ranges.
        ranges: how much.

    Returns:
        The coverage, uint8 (H, W), and how many pixels the strokes' edges moved outwards at most.
    """
    width = coverage.shape[1]
    weight = draw(rng, ranges.weight) + draw(rng, ranges.pressure) * wave(rng, width, max(1, int(width / (4 * x_height_px))))
    moved = np.maximum(weight * x_height_px / 2, THINNEST_PX)  # each edge moves by half
    whole = max(0, int(moved.min()))
    if whole:
        coverage = cv2.dilate(coverage, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * whole + 1, 2 * whole + 1)))
    moved = moved - whole
    softness, farthest = FINE if moved.max() <= FINE[1] else WIDE
    moved = np.minimum(moved, farthest)
    slope = 1.0 / (softness * np.sqrt(2 * np.pi))  # of the blurred edge, coverage a pixel
    gain = SHARPNESS / slope
    soft = cv2.GaussianBlur(coverage, (7, 7), softness).astype(np.float32)
    soft *= gain
    soft += (127.5 + gain * (moved * slope * 255.0 - 127.5)).astype(np.float32)
    np.clip(soft, 0.0, 255.0, out=soft)
    return soft.astype(np.uint8), whole + max(0.0, float(moved.max()))


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
