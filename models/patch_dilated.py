"""The small eraser: dilated convolutions over 4x4 patches, at one resolution."""

from keras import layers

from base.registry import MODELS
from models.families.eraser import EraserModel
from models.layers.convolution import convolve, normalisation
from models.layers.pixel_shuffle import PixelShuffle

PATCH = 4


@MODELS.register("patch_dilated")
class PatchDilated(EraserModel):
    """A tenth of the U-Net's weights: residual 3x3 convolutions on a patch grid, dilated by 1, 2, 4, ... cells.

    Dilation (Yu & Koltun 2016) gives the long view that a rule needs without a second resolution.
    """

    def build_maps(self, image_BHW1):
        """Ink darkness (batch, H, W, 1) to logits (batch, H, W, 6), at a quarter of the resolution in between."""
        cfg = self.cfg
        maps = convolve(image_BHW1, cfg.width, 3 * PATCH, stride=PATCH, normalise=cfg.normalise)
        for step in range(cfg.depth):
            change = layers.Conv2D(cfg.width, 3, padding="same", dilation_rate=2 ** (step % cfg.dilations))(maps)
            change = layers.Activation("relu")(normalisation(cfg.normalise)(change))
            maps = layers.Add()([maps, change])
        maps = layers.Conv2D(len(self.outputs) * PATCH**2, 1)(maps)
        return PixelShuffle(PATCH)(maps)

    @property
    def reach_px(self) -> int | None:
        if self.cfg.normalise == "group":
            return None
        cells = sum(2 ** (step % self.cfg.dilations) for step in range(self.cfg.depth))
        return PATCH * (cells + 4)

    @property
    def stride(self) -> int:
        return PATCH
