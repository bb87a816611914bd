"""The reference's network of adversarial feature learning."""

from base.registry import MODELS
from models.families.hangul import HangulModel
from models.layers.convolution import convolve

LAYERS = ((96, 1), (96, 2), (128, 1), (128, 2), (160, 1), (160, 2), (256, 1), (256, 2), (256, 1))  # channels, stride


@MODELS.register("afl")
class Afl(HangulModel):
    """Nine convolutions (after Zhang et al. 2018, "Robust Offline Handwritten Character Recognition Through Exploring
    Writer-Independent Features Under the Guidance of Printed Data")."""

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, side/16, side/16, 256)."""
        maps = darkness_BHWC
        for channels, stride in LAYERS:
            maps = convolve(maps, channels, 3, stride=stride, normalise="batch")
        return maps
