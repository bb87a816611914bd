"""InceptionResNetV2 of keras.applications."""

import keras
from keras import layers

from base.registry import MODELS
from models.families.hangul import HangulModel


@MODELS.register("inception_resnet")
class InceptionResNet(HangulModel):
    """Szegedy et al. 2017, from random weights, with its own input: -1..1, at least 75 pixels."""

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, h, w, 1536)."""
        pixels = layers.Rescaling(-2.0, offset=1.0)(darkness_BHWC)
        return keras.applications.InceptionResNetV2(include_top=False, weights=None, input_tensor=pixels).output
