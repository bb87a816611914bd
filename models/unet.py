"""The project's eraser: a U-Net over 4x4 patches that answers in pixels."""

from keras import layers

from base.registry import MODELS
from models.eraser import EraserModel
from models.layers.convolution import convolve, residual_block
from models.layers.pixel_shuffle import PixelShuffle

PATCH = 4


@MODELS.register("unet")
class UNet(EraserModel):
    """U-Net (Ronneberger et al. 2015) with residual blocks whose finest level works on 4x4 patches.

    A 3x3 convolution over few channels at full resolution runs at a third of a processor's speed; the same work on
    patches with many channels runs near its peak. A 12x12 convolution of stride 4 lifts the grey pixels into
    `width` channels; at the end a layer of `head` units looks at those patches again beside what the network made of
    them, and a pixel shuffle brings its answer back to full resolution.
    """

    def build_maps(self, image_BHW1):
        """Ink darkness (batch, H, W, 1) to logits (batch, H, W, 6), by way of H/4, H/8, ... and back."""
        cfg = self.cfg
        widths = [cfg.width + level * cfg.growth for level in range(cfg.depth + 1)]
        patches = convolve(image_BHW1, widths[0], 3 * PATCH, stride=PATCH, normalise=cfg.normalise)
        maps, skips = patches, []
        for level, width in enumerate(widths):
            if level > 0:
                maps = convolve(maps, width, 2, stride=2, normalise=cfg.normalise, activate=False)
            for _ in range(cfg.blocks):
                maps = residual_block(maps, width, normalise=cfg.normalise)
            skips.append(maps)
        skips.pop()
        for width in reversed(widths[:-1]):
            maps = layers.Conv2DTranspose(width, 2, strides=2)(maps)
            maps = layers.Add()([maps, skips.pop()])
            for _ in range(cfg.blocks):
                maps = residual_block(maps, width, normalise=cfg.normalise)
        maps = layers.Concatenate()([maps, patches])
        maps = convolve(maps, cfg.head, 1, normalise=cfg.normalise)
        maps = layers.Conv2D(len(self.outputs) * PATCH**2, 1)(maps)
        return PixelShuffle(PATCH)(maps)

    @property
    def stride(self) -> int:
        return PATCH * 2**self.cfg.depth
