"""Numbers in the upper half of a float32: its range, three digits."""

import numpy as np


def to_bfloat16(array: np.ndarray) -> np.ndarray:
    """float32 to uint16 of the same shape, rounded to the nearest, halves to even."""
    bits = np.asarray(array, np.float32, order="C").view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bfloat16(array: np.ndarray) -> np.ndarray:
    """uint16 back to float32."""
    return (array.astype(np.uint32) << 16).view(np.float32)
