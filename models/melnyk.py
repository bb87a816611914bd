"""The reference's network after Melnyk et al."""

from keras import layers

from base.registry import MODELS
from models.families.hangul import HangulModel
from models.layers.convolution import convolve

GROUPS = ((64, 64), (96, 64, 96), (128, 96, 128), (256, 192, 256), (448, 256, 448))


@MODELS.register("melnyk")
class Melnyk(HangulModel):
    """14 convolutions in five groups, with average pools between them (Melnyk et al. 2020, "A High-Performance CNN Method for
    Offline Handwritten Chinese Character Recognition and Visualization")."""

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, side/16, side/16, 448)."""
        maps = darkness_BHWC
        for number, group in enumerate(GROUPS):
            if number:
                maps = layers.AveragePooling2D(3, 2, padding="same")(maps)
            for channels in group:
                maps = convolve(maps, channels, 3, normalise="batch")
        return maps
