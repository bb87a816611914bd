"""MobileNetV3 of keras.applications."""

import keras
from keras import layers

from base.registry import MODELS
from models.hangul import HangulModel


@MODELS.register("mobilenet")
class MobileNet(HangulModel):
    """Howard et al. 2019, the small one, from random weights, with its own input: 0..255, which it scales itself."""

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, side/32, side/32, 576)."""
        pixels = layers.Rescaling(-255.0, offset=255.0)(darkness_BHWC)
        side = self.cfg.image_px
        trunk = keras.applications.MobileNetV3Small(
            include_top=False, weights=None, input_shape=(side, side, pixels.shape[-1]), include_preprocessing=True
        )
        return trunk(pixels)
