"""Finds the lines of a page: the eraser's U-Net, asked for baselines."""

from typing import Any

import keras
from keras import layers, ops

from base.model import BaseModel
from base.registry import MODELS
from base.types import LayoutInk
from models.layers.patch_unet import patch_unet, patch_unet_stride
from models.losses.maps import map_loss


@MODELS.register("layout_unet")
class LayoutUNet(BaseModel):
    """Maps a uint8 page (batch, H, W, 1) to logits (batch, H, W, 3) in the order of `LayoutInk`.

    The targets are uint8 (batch, H, W), bits of `LayoutInk`. H and W are multiples of `stride`; pages are seen with
    ``cfg.page_px`` pixels on their longer side.
    """

    def build(self) -> keras.Model:
        image = layers.Input((None, None, 1), dtype="uint8", name="image")
        darkness = layers.Rescaling(-1 / 255, offset=1.0)(image)
        maps = patch_unet(darkness, self.cfg, len(LayoutInk))
        return keras.Model(image, layers.Activation("linear", dtype="float32", name="logits")(maps), name=self.cfg.name)

    def losses(self):
        return LayoutLoss(dict(self.cfg.loss))

    @property
    def stride(self) -> int:
        return patch_unet_stride(self.cfg)

    def facts(self) -> dict[str, Any]:
        """``stride`` and ``page_px``."""
        return {"stride": self.stride, "page_px": self.cfg.page_px}


@keras.saving.register_keras_serializable("palimpsest")
class LayoutLoss(keras.losses.Loss):
    """`map_loss` of the maps. ``weights`` holds ``cross_entropy``, ``dice``, and ``present``: the factor on what is there."""

    def __init__(self, weights: dict[str, float], name: str = "layout_loss", **options) -> None:
        super().__init__(name=name, **options)
        self.weights = weights

    def call(self, maps_BHW, logits_BHWC):
        """The loss of a batch: uint8 (batch, H, W) against logits (batch, H, W, 3); a scalar."""
        bits = ops.cast(maps_BHW, "int32")
        truth = [ops.cast(ops.not_equal(ops.bitwise_and(bits, int(kind)), 0), "float32") for kind in LayoutInk]
        known = ops.ones_like(truth[0])[..., None]
        return map_loss(ops.stack(truth, axis=-1), logits_BHWC, known, self.weights, self.weights["present"])

    def get_config(self):
        return {**super().get_config(), "weights": self.weights}
