"""Fills what was erased with the paper around it."""

import cv2
import numpy as np

from preprocessing.binarise import paper_tone

COARSE = 4  # paper changes slowly: it is estimated on a grid of this many pixels
WINDOWS = (5, 15, 61)  # grid cells, from near to far: the nearest window with enough paper wins
ENOUGH = 0.08  # part of the window that must be paper
GRAIN_FROM = (-7, -13)  # rows and columns to where a filled pixel takes its grain from
SQUARE = np.ones((3, 3), np.uint8)


def estimate_paper(page: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """The paper's light at every pixel, as if there were no ink.

    Args:
        page: uint8 (H, W, channels).
        unusable: bool (H, W), pixels that are not bare paper.

    Returns:
        float32 (H, W, channels), grey levels.
    """
    height, width, channels = page.shape
    grid = (-(-width // COARSE), -(-height // COARSE))
    bare = (~unusable).astype(np.float32)
    share = cv2.resize(bare, grid, interpolation=cv2.INTER_AREA)
    light = cv2.resize(page * bare[..., None], grid, interpolation=cv2.INTER_AREA).reshape(*share.shape, channels)
    paper = np.empty_like(light)
    paper[:] = [paper_tone(page[..., channel]) for channel in range(channels)]
    for window in reversed(WINDOWS):
        size = (window, window)
        shares = cv2.boxFilter(share, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT)
        lights = cv2.boxFilter(light, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT).reshape(light.shape)
        near = shares > ENOUGH
        paper[near] = lights[near] / shares[near][:, None]
    return cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR).reshape(page.shape)


def fill_with_paper(page: np.ndarray, erased: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Replaces erased strokes by paper with the grain of its neighbourhood.

    The soft edge of a stroke, one pixel around the mask, is lightened towards the paper but never darkened, and text
    keeps every pixel.

    Args:
        page: uint8 (H, W, channels), dark ink on light paper.
        erased: bool (H, W), what to remove.
        ink: bool (H, W), text and other ink that stays.

    Returns:
        uint8 (H, W, channels).
    """
    filled = page.copy()
    if not erased.any():
        return filled
    around = cv2.dilate(erased.view(np.uint8), SQUARE).view(bool)
    unusable = cv2.dilate((erased | ink).view(np.uint8), SQUARE).view(bool)
    paper = estimate_paper(page, unusable)
    rows, columns = np.nonzero(around & (erased | ~ink))
    from_rows, from_columns = (rows + GRAIN_FROM[0]) % page.shape[0], (columns + GRAIN_FROM[1]) % page.shape[1]
    grain = page[from_rows, from_columns] - paper[from_rows, from_columns]
    grain[unusable[from_rows, from_columns]] = 0.0
    target = np.clip(np.rint(paper[rows, columns] + grain), 0, 255).astype(np.uint8)
    inside = erased[rows, columns]
    filled[rows, columns] = np.where(inside[:, None], target, np.maximum(page[rows, columns], target))
    return filled
