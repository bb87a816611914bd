"""The project's eraser: a U-Net over 4x4 patches that answers in pixels."""

from base.registry import MODELS
from models.families.eraser import EraserModel
from models.layers.patch_unet import patch_unet, patch_unet_reach, patch_unet_stride


@MODELS.register("unet")
class UNet(EraserModel):
    """See `models.layers.patch_unet`."""

    def build_maps(self, image_BHW1):
        """Ink darkness (batch, H, W, 1) to logits (batch, H, W, 6)."""
        return patch_unet(image_BHW1, self.cfg, len(self.outputs))

    @property
    def reach_px(self) -> int | None:
        return patch_unet_reach(self.cfg)

    @property
    def stride(self) -> int:
        return patch_unet_stride(self.cfg)
