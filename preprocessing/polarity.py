"""Light ink on dark paper."""

import numpy as np


def is_light_on_dark(grey: np.ndarray) -> bool:
    """Whether light ink stands on dark paper: the middle tone is dark, and what stands out from it is lighter."""
    sample = grey[:: max(1, grey.shape[0] // 512), :: max(1, grey.shape[1] // 512)]
    low, middle, high = np.percentile(sample, [1, 50, 99])
    return bool(middle < 128 and high - middle > 2.0 * (middle - low))
