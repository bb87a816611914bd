"""Strokes by their direction, before a network sees them."""

import keras
import numpy as np
from keras import layers, ops

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32) / 8


@keras.saving.register_keras_serializable("palimpsest")
class DirectMap(layers.Layer):
    """Eight maps of gradients, one a compass direction; (B, H, W, 1) to (B, H, W, 8).

    A gradient is split into the two directions next to it by the parallelogram rule (Liu et al. 2004; Zhang et al. 2017, "Online
    and Offline Handwritten Chinese Character Recognition", section III-B).
    """

    def call(self, darkness_BHW1):
        """Maps east, west, south, north, then south-east, south-west, north-west, north-east; float (B, H, W, 8), 0 and up."""
        kernels = ops.convert_to_tensor(np.stack([SOBEL, SOBEL.T], axis=-1)[:, :, None, :])
        gradient = ops.conv(darkness_BHW1, ops.cast(kernels, darkness_BHW1.dtype), padding="same")
        x, y = gradient[..., :1], gradient[..., 1:]
        east, west, south, north = ops.relu(x), ops.relu(-x), ops.relu(y), ops.relu(-y)
        straight = [
            ops.relu(part - other)
            for part, other in ((east, ops.abs(y)), (west, ops.abs(y)), (south, ops.abs(x)), (north, ops.abs(x)))
        ]
        slanted = [ops.minimum(a, b) * 2**0.5 for a, b in ((east, south), (west, south), (west, north), (east, north))]
        return ops.concatenate([*straight, *slanted], axis=-1) * 4.0

    def compute_output_shape(self, input_shape):
        return (*input_shape[:3], 8)
