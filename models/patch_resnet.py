"""The project's reader of syllables: residual convolutions over patches."""

from base.registry import MODELS
from models.families.hangul import HangulModel
from models.layers.convolution import convolve, residual_block


@MODELS.register("patch_resnet")
class PatchResNet(HangulModel):
    """A residual network (He et al. 2016) that begins with overlapping patches instead of single pixels.

    At 64x64 pixels the first maps are 16x16: wide and small, which a processor multiplies near its peak.
    """

    def build_maps(self, darkness_BHWC):
        """(B, side, side, any) to (B, side/16, side/16, last width)."""
        cfg = self.cfg
        maps = convolve(darkness_BHWC, cfg.widths[0], 2 * cfg.patch_px, stride=cfg.patch_px, normalise="batch")
        for stage, (width, blocks) in enumerate(zip(cfg.widths, cfg.blocks, strict=True)):
            if stage:
                maps = convolve(maps, width, 2, stride=2, normalise="batch")
            for _ in range(blocks):
                maps = residual_block(maps, width, normalise="batch")
        return maps
