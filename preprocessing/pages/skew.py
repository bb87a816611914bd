"""By how much a page is turned."""

import cv2
import numpy as np

from preprocessing.binarise import sauvola
from preprocessing.pages.scale import scale_page

SIDE_PX = 500  # of the page that is looked at
STEEPEST_DEGREES = 20.0
STEPS = (2.0, 0.5)  # degrees, coarse and fine


def estimate_skew(page: np.ndarray) -> float:
    """Degrees by which lines fall to the right (rise, where negative): where rows of ink stand out most.

    The sum of squared differences of neighbouring rows' ink is largest when the page is turned back (Postl 1986).

    Args:
        page: uint8 (H, W), dark ink on light paper.
    """
    ink = sauvola(scale_page(page, min(1.0, SIDE_PX / max(page.shape)))).astype(np.float32)
    if not ink.any():
        return 0.0
    angle, reach = 0.0, STEEPEST_DEGREES
    for step in STEPS:
        angles = np.arange(angle - reach, angle + reach + step / 2, step)
        best = float(max(angles, key=lambda degrees: _sharpness(ink, degrees)))
        angle, reach = best if _sharpness(ink, best) > _sharpness(ink, angle) else angle, step
    return angle


def _sharpness(ink: np.ndarray, degrees: float) -> float:
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    rows = cv2.warpAffine(ink, matrix, (width, height)).sum(axis=1)
    return float((np.diff(rows) ** 2).sum())


class Turn:
    """A page turned about its middle by some degrees, wholly inside of a larger picture.

    Args:
        page_HW: height and width in pixels.
        degrees: clockwise, as seen.
    """

    def __init__(self, page_HW: tuple[int, int], degrees: float) -> None:
        height, width = page_HW
        cosine, sine = abs(np.cos(np.radians(degrees))), abs(np.sin(np.radians(degrees)))
        self.size_WH = (int(np.ceil(width * cosine + height * sine)), int(np.ceil(width * sine + height * cosine)))
        shift = (np.array(self.size_WH) - (width, height)) / 2
        matrix = np.array(cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0))
        self.matrix = np.column_stack([matrix[:, :2], matrix[:, 2] + shift])

    def image(self, page: np.ndarray) -> np.ndarray:
        """The turned page, uint8; what was beside it gets the tone of its rim."""
        return cv2.warpAffine(page, self.matrix, self.size_WH, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def back(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) of the turned page on the page as it was."""
        return (points - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T
