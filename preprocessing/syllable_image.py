"""From any picture of a single syllable to what a network sees: level paper, its ink centred in a square."""

import cv2
import numpy as np

from preprocessing.line_image import level_paper

LARGEST_PX = 160  # a larger picture is made smaller first: strokes must be thinner than the window of `level_paper`
INK_BELOW = 128  # grey level after levelling
SPECK = 0.01  # of the largest blot's area: smaller ones do not count when the ink is centred
FILLED = 0.875  # of the square's side that the longer side of the ink takes


def ink_box(level: np.ndarray) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of the ink of a levelled picture uint8 (H, W), specks left out; None for a blank one."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats((level < INK_BELOW).view(np.uint8), connectivity=8)
    blots = boxes[1:]
    if not len(blots):
        return None
    areas = blots[:, cv2.CC_STAT_AREA]
    blots = blots[areas >= max(2.0, SPECK * areas.max())]
    if not len(blots):
        return None
    left, top = blots[:, :2].min(axis=0)
    right, bottom = (blots[:, :2] + blots[:, 2:4]).max(axis=0)
    return int(left), int(top), int(right), int(bottom)


def level_syllable(grey: np.ndarray) -> np.ndarray:
    """Dark ink on light paper, uint8 (H, W), with the paper made white; large pictures become smaller."""
    longest = max(grey.shape)
    if longest > LARGEST_PX:
        height, width = (max(1, round(side * LARGEST_PX / longest)) for side in grey.shape)
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return level_paper(grey)


def frame_syllable(grey: np.ndarray, size_px: int) -> np.ndarray | None:
    """A syllable as a network takes it: uint8 (size, size), centred by its ink; None for a blank picture.

    Args:
        grey: uint8 (H, W), dark ink on light paper.
        size_px: side of the square.
    """
    level = level_syllable(grey)
    box = ink_box(level)
    return None if box is None else into_square(level, box, size_px)


def into_square(level: np.ndarray, box: tuple[int, int, int, int], size_px: int) -> np.ndarray:
    """uint8 (side, side), the box of a levelled picture in the middle of a white square, without aliasing."""
    left, top, right, bottom = box
    scale = FILLED * size_px / max(right - left, bottom - top)
    width, height = (max(1, round(scale * side)) for side in (right - left, bottom - top))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    part = cv2.resize(level[top:bottom, left:right], (width, height), interpolation=method)
    square = np.full((size_px, size_px), 255, np.uint8)
    x, y = (size_px - width) // 2, (size_px - height) // 2
    square[y : y + height, x : x + width] = part
    return square
