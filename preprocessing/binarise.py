"""Ink from paper by local thresholds."""

import cv2
import numpy as np


def sauvola(image: np.ndarray, window_px: int = 31, k: float = 0.2, dynamic_range: float = 128.0) -> np.ndarray:
    """Where there is dark ink: bool (H, W).

    Sauvola & Pietikainen 2000, eq. 5: a pixel is ink below ``mean * (1 + k * (std / dynamic_range - 1))`` of its window.

    Args:
        image: uint8 (H, W).
        window_px: side of the square window; about twice the height of a letter.
        k: how far below the mean ink must be.
        dynamic_range: standard deviation at which the threshold meets the mean.
    """
    mean, std = local_mean_std(image, window_px)
    return image < mean * (1.0 + k * (std / dynamic_range - 1.0))


def local_mean_std(image: np.ndarray, window_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every pixel's square window, float32 (H, W) each."""
    values = image.astype(np.float32)
    size = (window_px, window_px)
    mean = cv2.boxFilter(values, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT_101)
    square = cv2.sqrBoxFilter(values, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT_101)
    return mean, np.sqrt(np.maximum(square - mean * mean, 0.0))


def paper_tone(image: np.ndarray) -> float:
    """The grey level of blank paper: the 80th percentile of an image of which most is paper."""
    sample = image[:: max(1, image.shape[0] // 256), :: max(1, image.shape[1] // 256)]
    return float(np.percentile(sample, 80))
