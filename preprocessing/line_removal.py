"""Rules by classical means: what users would run without a network."""

import cv2
import numpy as np

from preprocessing.binarise import sauvola

STEEPEST = 0.06  # rise over run up to which a line counts as horizontal or vertical
PAINT_PX = 3


def hough_lines(grey: np.ndarray) -> np.ndarray:
    """Where the probabilistic Hough transform sees rules: bool (H, W).

    The rival of DeepErase (Gaussian 3x3, Canny 50/150, lines painted 3 px wide), corrected: only near the axes, at
    least a fifth of the image's shorter side long, and only where there is ink.
    """
    edges = cv2.Canny(cv2.GaussianBlur(grey, (3, 3), 0), 50, 150)
    shortest = max(25, min(grey.shape) // 5, grey.shape[1] // 10)
    found = cv2.HoughLinesP(edges, 1, np.pi / 360, threshold=shortest, minLineLength=shortest, maxLineGap=6)
    painted = np.zeros(grey.shape, np.uint8)
    for left, top, right, bottom in found.reshape(-1, 4) if found is not None else []:
        run, rise = sorted((abs(int(right) - int(left)), abs(int(bottom) - int(top))), reverse=True)
        if rise <= STEEPEST * run:
            cv2.line(painted, (int(left), int(top)), (int(right), int(bottom)), 255, PAINT_PX)
    return (painted > 0) & sauvola(grey)


def opened_lines(grey: np.ndarray) -> np.ndarray:
    """Where a morphological opening leaves long thin runs of ink: bool (H, W).

    Ink (Sauvola) is opened by a horizontal and a vertical bar; a run stays a rule where it is thin across, so that
    the strokes that cross it are spared.
    """
    ink = sauvola(grey).astype(np.uint8)
    length = max(25, grey.shape[1] // 15)
    rules = np.zeros(grey.shape, bool)
    for bar, across in (((length, 1), (1, 9)), ((1, length), (9, 1))):
        closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((bar[1] if bar[1] == 1 else 5, 5 if bar[0] > 1 else 1), np.uint8))
        long_runs = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((bar[1], bar[0]), np.uint8))
        thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((across[1], across[0]), np.uint8))
        rules |= (long_runs > 0) & (ink > 0) & (thick == 0)
    return rules
