"""VGG16 of keras.applications."""

import keras
from keras import layers

from base.registry import MODELS
from models.families.hangul import HangulModel

MEANS_BGR = (103.939, 116.779, 123.68)  # grey levels of ImageNet, that its pictures come without


@MODELS.register("vgg16")
class Vgg16(HangulModel):
    """Simonyan & Zisserman 2015, from random weights, with its own input: blue, green and red less their means, 0..255."""

    def build_maps(self, darkness_BHWC):
        """(B, side, side, 1 or 8) to (B, side/32, side/32, 512)."""
        channels = darkness_BHWC.shape[-1]
        means = MEANS_BGR if channels == 1 else (0.0,) * channels
        grey = layers.Rescaling(-255.0, offset=255.0)(darkness_BHWC)
        pixels = layers.Concatenate()([grey] * 3) if channels == 1 else grey
        centred = layers.Rescaling(1.0, offset=[-mean for mean in means])(pixels)
        return keras.applications.VGG16(include_top=False, weights=None, input_tensor=centred).output
