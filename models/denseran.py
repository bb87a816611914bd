"""A dense network under a head that reads jamo after jamo."""

from keras import layers

from base.registry import MODELS
from models.families.hangul import HangulModel
from models.layers.convolution import convolve, normalisation


@MODELS.register("denseran")
class DenseRan(HangulModel):
    """DenseNet (Huang et al. 2017), the trunk of DenseRAN (Wang et al. 2018); its config takes the ``sequence`` head.

    Since it tells jamo apart and not syllables, it reads those that no training picture showed.
    """

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, side/16, side/16, channels)."""
        cfg = self.cfg
        maps = convolve(darkness_BHWC, 2 * cfg.growth, 8, stride=4, normalise="batch")
        for number, count in enumerate(cfg.blocks):
            if number:
                maps = convolve(maps, maps.shape[-1] // 2, 1, normalise="batch")
                maps = layers.AveragePooling2D(2)(maps)
            for _ in range(count):
                more = convolve(maps, 4 * cfg.growth, 1, normalise="batch")
                more = layers.Conv2D(cfg.growth, 3, padding="same", use_bias=False)(more)
                maps = layers.Concatenate()([maps, layers.Activation("relu")(normalisation("batch")(more))])
        return maps
