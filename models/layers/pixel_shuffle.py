"""Trades channels for resolution, so that a network can work on patches and answer in pixels."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("palimpsest")
class PixelShuffle(keras.layers.Layer):
    """Turns (batch, height, width, block*block*channels) into (batch, height*block, width*block, channels).

    Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel CNN", eq. 4.
    """

    def __init__(self, block: int, **options) -> None:
        super().__init__(**options)
        self.block = block

    def call(self, maps_BHWC):
        batch, height, width, channels = ops.shape(maps_BHWC)
        block, depth = self.block, channels // self.block**2
        blocks = ops.reshape(maps_BHWC, (batch, height, width, block, block, depth))
        rows = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        return ops.reshape(rows, (batch, height * block, width * block, depth))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        scale = [None if size is None else size * self.block for size in (height, width)]
        return (batch, *scale, channels // self.block**2)

    def get_config(self):
        return {**super().get_config(), "block": self.block}
