"""MobileNetV3 of keras.applications."""

import keras
from keras import layers

from base.registry import MODELS
from models.families.hangul import HangulModel


@MODELS.register("mobilenet")
class MobileNet(HangulModel):
    """Howard et al. 2019, the small one, from random weights, with its own input: 0..255, which it scales itself."""

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, side/32, side/32, 576)."""
        pixels = layers.Rescaling(-255.0, offset=255.0)(darkness_BHWC)
        made = {"include_top": False, "weights": None, "include_preprocessing": True}
        return keras.applications.MobileNetV3Small(input_tensor=pixels, **made).output
