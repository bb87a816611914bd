"""A U-Net over patches, for whatever maps of a page are asked for."""

from typing import Any

from keras import layers

from models.layers.convolution import convolve, residual_block
from models.layers.pixel_shuffle import PixelShuffle

PATCH = 4


def patch_unet(image_BHW1, cfg: Any, outputs: int):
    """U-Net (Ronneberger et al. 2015) with residual blocks whose finest level works on 4x4 patches.

    A 3x3 convolution over few channels at full resolution runs at a third of a processor's speed; the same work on
    patches with many channels runs near its peak. A 12x12 convolution of stride 4 lifts the grey pixels into
    `width` channels; at the end a layer of `head` units looks at those patches again beside what the network made of
    them, and a pixel shuffle brings its answer back to full resolution.

    Args:
        image_BHW1: ink darkness (batch, H, W, 1), H and W multiples of `patch_unet_stride`.
        cfg: ``width``, ``growth``, ``depth``, ``blocks``, ``head``, ``normalise``.
        outputs: how many maps.

    Returns:
        Logits (batch, H, W, outputs), by way of H/4, H/8, ... and back.
    """
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
    maps = layers.Conv2D(outputs * PATCH**2, 1)(maps)
    return PixelShuffle(PATCH)(maps)


def patch_unet_reach(cfg: Any) -> int | None:
    """How far from a pixel the picture changes what `patch_unet` says of it, in pixels; None where all of it does."""
    if cfg.normalise == "group":
        return None
    cells = [PATCH * 2**level for level in range(cfg.depth + 1)]  # pixels
    down_and_up = [2 * cfg.blocks * cell * (2 if level < cfg.depth else 1) for level, cell in enumerate(cells)]
    return 2 * PATCH + sum(down_and_up) + 2 * cells[-1]  # the last for pixels at the edges of cells


def patch_unet_stride(cfg: Any) -> int:
    """What height and width must be multiples of, in pixels."""
    return PATCH * 2**cfg.depth
