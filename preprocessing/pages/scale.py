"""The size at which a page is looked at."""

import cv2
import numpy as np


def page_scale(page_HW: tuple[int, ...], page_px: int) -> float:
    """By what a page is multiplied so that its longer side comes to ``page_px``."""
    return page_px / max(page_HW[:2])


def scale_page(page: np.ndarray, scale: float) -> np.ndarray:
    """uint8 (H, W) to another size, without aliasing."""
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    height, width = (max(1, round(size * scale)) for size in page.shape)
    return cv2.resize(page, (width, height), interpolation=method)
