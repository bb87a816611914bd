"""From the lines of a page to the maps that a network learns, one bit each."""

from collections.abc import Sequence

import cv2
import numpy as np

from base.types import LayoutInk, PageLine

HALF_BAND = 0.14  # x-heights that the band reaches to either side of a baseline
HALF_BAND_PX = (1.2, 5.0)
END_RADIUS = 0.45  # x-heights
END_RADIUS_PX = (2.5, 12.0)
SUBPIXEL_BITS = 4


def draw_maps(lines: Sequence[PageLine], page_HW: tuple[int, int]) -> np.ndarray:
    """Bits of `LayoutInk` for lines in the page's pixels: uint8 (H, W)."""
    layers = {kind: np.zeros(page_HW, np.uint8) for kind in LayoutInk}
    for line in lines:
        band = 2 * float(np.clip(HALF_BAND * line.x_height, *HALF_BAND_PX))
        radius = float(np.clip(END_RADIUS * line.x_height, *END_RADIUS_PX))
        points = _fixed(line.baseline)
        cv2.polylines(layers[LayoutInk.BASELINE], [points], False, 1, max(1, round(band)), shift=SUBPIXEL_BITS)
        body = np.concatenate([line.baseline, (line.baseline - (0.0, line.x_height))[::-1]])
        cv2.fillPoly(layers[LayoutInk.BODY], [_fixed(body)], 1, shift=SUBPIXEL_BITS)
        for x, y in (points[0], points[-1]):
            cv2.circle(layers[LayoutInk.END], (int(x), int(y)), round(radius * 2**SUBPIXEL_BITS), 1, -1, shift=SUBPIXEL_BITS)
    maps = np.zeros(page_HW, np.uint8)
    for kind, layer in layers.items():
        maps |= layer * np.uint8(kind)
    return maps


def _fixed(points: np.ndarray) -> np.ndarray:
    """Points as OpenCV takes them with fractions, int32 (n, 2)."""
    return np.rint(points * 2**SUBPIXEL_BITS).astype(np.int32)
