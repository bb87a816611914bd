"""Rules by classical means: what users would run without a network."""

import cv2
import numpy as np

from preprocessing.binarise import sauvola

STEEPEST = 0.06  # rise over run up to which a line counts as horizontal or vertical
PAINT_PX = 3


def shortest_rules(image_HW: tuple[int, int]) -> tuple[int, int]:
    """The length in pixels from which a horizontal and an upright stroke are taken for rules.

    Upright ones must be longer than letters are tall: 0.6 of the image's height, where it is a line.
    """
    height, width = image_HW
    return max(25, width // 15), max(40, min(120, int(0.6 * height)))


def hough_lines(grey: np.ndarray) -> np.ndarray:
    """Where the probabilistic Hough transform sees rules: bool (H, W).

    The competitor of DeepErase (Gaussian 3x3, Canny 50/150, lines painted 3 px wide), corrected: only near the axes, only
    lines of `shortest_rules`, and only where there is ink.
    """
    across, down = shortest_rules(grey.shape)
    edges = cv2.Canny(cv2.GaussianBlur(grey, (3, 3), 0), 50, 150)
    shortest = min(across, down)
    found = cv2.HoughLinesP(edges, 1, np.pi / 360, threshold=shortest, minLineLength=shortest, maxLineGap=6)
    painted = np.zeros(grey.shape, np.uint8)
    for left, top, right, bottom in [] if found is None else found.reshape(-1, 4).astype(int).tolist():
        run, rise = abs(right - left), abs(bottom - top)
        if (rise <= STEEPEST * run and run >= across) or (run <= STEEPEST * rise and rise >= down):
            cv2.line(painted, (left, top), (right, bottom), 255, PAINT_PX)
    return (painted > 0) & sauvola(grey)


def opened_lines(grey: np.ndarray) -> np.ndarray:
    """Where a morphological opening leaves long thin runs of ink: bool (H, W).

    Ink (Sauvola) is closed over small gaps and opened by a bar of `shortest_rules`; a run is a rule where the ink is
    thin across, so that the strokes that cross it are spared.
    """
    across, down = shortest_rules(grey.shape)
    ink = sauvola(grey).astype(np.uint8)
    rules = np.zeros(grey.shape, bool)
    for bar_HW, gap_HW, thick_HW in (((1, across), (1, 5), (9, 1)), ((down, 1), (5, 1), (1, 9))):
        closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(gap_HW, np.uint8))
        long_runs = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones(bar_HW, np.uint8))
        thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(thick_HW, np.uint8))
        rules |= (long_runs > 0) & (ink > 0) & (thick == 0)
    return rules
