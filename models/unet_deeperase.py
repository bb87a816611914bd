"""The reference eraser, for comparison: the U-Net of DeepErase (Huang, Qi et al. 2020)."""

from keras import layers

from base.registry import MODELS
from models.families.eraser import EraserModel
from models.layers.convolution import convolve


@MODELS.register("unet_deeperase")
class UNetDeepErase(EraserModel):
    """Levels of 32, 64 and 128 channels at full, half and quarter resolution, two 3x3 convolutions on each.

    2x2 transposed convolutions go up, and the levels meet by concatenation. Its config asks for the reference's loss
    (cross-entropy weighted towards artifacts, no Dice); its outputs are those of every eraser here.
    """

    def build_maps(self, image_BHW1):
        """Ink darkness (batch, H, W, 1) to logits (batch, H, W, 6), by way of H, H/2, H/4 and back."""
        cfg = self.cfg
        widths = [cfg.width * 2**level for level in range(cfg.depth)]
        maps, skips = image_BHW1, []
        for level, width in enumerate(widths):
            maps = layers.MaxPooling2D()(maps) if level > 0 else maps
            maps = self._two_convolutions(maps, width)
            skips.append(maps)
        skips.pop()
        for width in reversed(widths[:-1]):
            maps = layers.Conv2DTranspose(width, 2, strides=2)(maps)
            maps = layers.Concatenate()([maps, skips.pop()])
            maps = self._two_convolutions(maps, width)
        return layers.Conv2D(len(self.outputs), 1)(maps)

    def _two_convolutions(self, maps, width: int):
        maps = convolve(maps, width, 3, normalise=self.cfg.normalise)
        return convolve(maps, width, 3, normalise=self.cfg.normalise)

    @property
    def reach_px(self) -> int | None:
        if self.cfg.normalise == "group":
            return None
        cells = [2**level for level in range(self.cfg.depth)]  # pixels
        return sum(2 * cell * (2 if cell < cells[-1] else 1) for cell in cells) + 2 * cells[-1]

    @property
    def stride(self) -> int:
        return 2 ** (self.cfg.depth - 1)
