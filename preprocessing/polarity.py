"""Light ink on dark paper."""

import numpy as np

from preprocessing.tones import tones_at


def is_light_on_dark(grey: np.ndarray) -> bool:
    """Whether light ink stands on dark paper: the middle tone is dark, and what stands out from it is lighter."""
    sample = grey[:: max(1, grey.shape[0] // 512), :: max(1, grey.shape[1] // 512)]
    low, middle, high = tones_at(sample, (0.01, 0.5, 0.99))
    return bool(middle < 128 and high - middle > 2.0 * (middle - low))
