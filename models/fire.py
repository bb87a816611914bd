"""The reference's network of fire blocks."""

from keras import layers

from base.registry import MODELS
from models.families.hangul import HangulModel
from models.layers.convolution import convolve

BLOCKS = ((64, 2), (128, 1), (128, 2), (256, 1), (256, 1), (256, 2), (512, 1), (512, 1), (512, 1), (512, 1))  # channels, stride


@MODELS.register("fire")
class Fire(HangulModel):
    """Fire blocks (Iandola et al. 2016, "SqueezeNet"): few channels, from which many are made again."""

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, side/8, side/8, 512)."""
        maps = convolve(darkness_BHWC, 64, 3, normalise="batch")
        for channels, stride in BLOCKS:
            squeezed = convolve(maps, channels // 8, 1, normalise="batch")
            sides = [convolve(squeezed, channels // 2, kernel, stride=stride, normalise="batch") for kernel in (1, 3)]
            maps = layers.Concatenate()(sides)
        return maps
