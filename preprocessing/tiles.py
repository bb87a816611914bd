"""Large images in overlapping tiles, blended into bands of rows so that memory does not grow with the page."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np


def pad_to_stride(image: np.ndarray, stride: int) -> np.ndarray:
    """Repeats the last row and column of (H, W) until both sizes are multiples of ``stride``."""
    height, width = image.shape
    return cv2.copyMakeBorder(image, 0, -height % stride, 0, -width % stride, cv2.BORDER_REPLICATE)


def tile_starts(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin so that they cover ``length`` and share at least ``overlap`` with their neighbours."""
    if length <= tile:
        return [0]
    starts = list(range(0, length - tile, tile - overlap))
    return [*starts, length - tile]


def ramp(length: int, overlap: int) -> np.ndarray:
    """Blending weights, float32 (length,): 1 inside, falling linearly towards both ends, never 0."""
    edge = np.minimum(np.arange(length) + 1, np.arange(length, 0, -1)).astype(np.float32)
    return np.minimum(edge / (overlap + 1), 1.0)


def blended_bands(
    image: np.ndarray, predict: Callable[[np.ndarray], np.ndarray], *, stride: int, tile_HW: tuple[int, int], overlap: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Predicts an image tile by tile.

    Args:
        image: uint8 (H, W).
        predict: maps uint8 (h, w), both multiples of ``stride``, to float32 (h, w, channels).
        stride: see `predict`.
        tile_HW: largest height and width to predict at once, multiples of ``stride``.
        overlap: pixels that neighbouring tiles share at least, in which they are blended.

    Yields:
        The first row of a band, and the band's predictions, float32 (rows, W, channels), top to bottom without gaps.
    """
    height, width = image.shape
    tile_height, tile_width = tile_HW
    rows, columns = tile_starts(height, tile_height, overlap), tile_starts(width, tile_width, overlap)
    carried: tuple[np.ndarray, np.ndarray] | None = None  # weighted sums of rows that the next band shares
    for place, top in enumerate(rows):
        band = _predict_band(image[top : top + tile_height], predict, columns, tile_width, overlap, stride)
        weight = _row_weights(band.shape[0], overlap, first=place == 0, last=place == len(rows) - 1)
        total = weight.copy()
        band *= weight[:, None, None]
        if carried is not None:
            shared = carried[0].shape[0]
            band[:shared] += carried[0]
            total[:shared] += carried[1]
        end = rows[place + 1] - top if place + 1 < len(rows) else band.shape[0]
        yield top, band[:end] / total[:end, None, None]
        carried = (band[end:].copy(), total[end:].copy())


def _row_weights(length: int, overlap: int, *, first: bool, last: bool) -> np.ndarray:
    """Weights of a band's rows: they fall towards its neighbours only."""
    weight = ramp(length, overlap)
    half = length // 2
    weight[: half if first else 0] = 1.0
    weight[half if last else length :] = 1.0
    return weight


def _predict_band(strip: np.ndarray, predict, columns: list[int], tile_width: int, overlap: int, stride: int) -> np.ndarray:
    height, width = strip.shape
    if len(columns) == 1:
        return predict(pad_to_stride(strip, stride))[:height, :width].copy()
    total = np.zeros((1, width, 1), np.float32)
    band: np.ndarray | None = None
    for left in columns:
        tile = strip[:, left : left + tile_width]
        answer = predict(pad_to_stride(tile, stride))[:height, : tile.shape[1]]
        weight = ramp(tile.shape[1], overlap)[None, :, None]
        band = np.zeros((height, width, answer.shape[2]), np.float32) if band is None else band
        band[:, left : left + tile_width] += answer * weight
        total[:, left : left + tile_width] += weight
    assert band is not None
    band /= total
    return band
