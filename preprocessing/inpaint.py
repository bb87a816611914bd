"""Fills what was erased with the paper around it."""

import cv2
import numpy as np

from preprocessing.binarise import paper_tone

WINDOWS_PX = (15, 61, 241)  # from near to far: the nearest paper that there is enough of wins
ENOUGH = 0.08  # part of the window that must be paper


def estimate_paper(page: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """The paper's light at every pixel, as if there were no ink.

    Args:
        page: uint8 (H, W, channels).
        unusable: bool (H, W), pixels that are not bare paper.

    Returns:
        float32 (H, W, channels), grey levels.
    """
    values = page.astype(np.float32)
    bare = (~unusable).astype(np.float32)
    paper = np.empty_like(values)
    for channel in range(page.shape[2]):
        paper[..., channel] = paper_tone(page[..., channel])
    for window in reversed(WINDOWS_PX):
        size = (window, window)
        share = cv2.boxFilter(bare, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT)
        light = cv2.boxFilter(values * bare[..., None], cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT).reshape(values.shape)
        near = share > ENOUGH
        paper[near] = light[near] / share[near][:, None]
    return paper


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
    if not erased.any():
        return page.copy()
    edge = cv2.dilate(erased.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~erased & ~ink
    unusable = cv2.dilate((erased | ink).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    paper = estimate_paper(page, unusable)
    grain = np.where(unusable[..., None], 0.0, page - paper)
    moved = np.roll(grain, (7, 13), axis=(0, 1))
    filled = page.copy()
    target = np.clip(np.rint(paper + moved), 0, 255).astype(np.uint8)
    filled[erased] = target[erased]
    filled[edge] = np.maximum(page[edge], target[edge])
    return filled
