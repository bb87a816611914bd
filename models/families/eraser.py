"""What the eraser networks have in common: grey pixels in, one logit map per kind of ink out."""

from abc import abstractmethod

import keras
from keras import layers, ops

from base.model import BaseModel
from base.types import FAMILIES, Ink
from models.losses.maps import map_loss

OUTPUTS = (*FAMILIES, "text", "overlap")


class EraserModel(BaseModel):
    """Maps a uint8 image (batch, H, W, 1) to logits (batch, H, W, 6), in the order of `OUTPUTS`.

    The targets are uint8 (batch, H, W), bits of `Ink`. Subclasses write `build_maps`.
    """

    outputs = OUTPUTS

    @abstractmethod
    def build_maps(self, image_BHW1):
        """Builds the layers from ink darkness in 0..1 (batch, H, W, 1) to logits (batch, H, W, 6)."""

    def build(self) -> keras.Model:
        image = layers.Input((None, None, 1), dtype="uint8", name="image")
        darkness = layers.Rescaling(-1 / 255, offset=1.0)(image)
        logits = layers.Activation("linear", dtype="float32", name="logits")(self.build_maps(darkness))
        return keras.Model(image, logits, name=self.cfg.name)

    @property
    def reach_px(self) -> int | None:
        """How far from a pixel the picture may change its answer, in pixels; None where that is not limited, or not known."""
        return None

    def losses(self):
        return InkLoss(dict(self.cfg.loss))

    def metrics(self) -> list:
        return [ArtifactF1(name="artifact_f1")]


def unpack_ink(ink_BHW):
    """Bits of `Ink` to float32 truth maps (batch, H, W, 6) and the weight of each pixel (batch, H, W, 1), 0 or 1."""
    bits = ops.cast(ink_BHW, "int32")

    def has(flag: int):
        return ops.cast(ops.not_equal(ops.bitwise_and(bits, flag), 0), "float32")

    families = [has(int(flag)) for flag in FAMILIES.values()]
    text = has(int(Ink.TEXT))
    overlap = text * has(int(sum(FAMILIES.values())))
    known = 1.0 - has(int(Ink.UNSURE))
    return ops.stack([*families, text, overlap], axis=-1), known[..., None]


@keras.saving.register_keras_serializable("palimpsest")
class InkLoss(keras.losses.Loss):
    """`map_loss` of the kinds of ink. ``weights`` holds ``cross_entropy``, ``dice`` and ``artifact``: the
    factor on the cross-entropy of artifact pixels.
    """

    def __init__(self, weights: dict[str, float], name: str = "ink_loss", **options) -> None:
        super().__init__(name=name, **options)
        self.weights = weights

    def call(self, ink_BHW, logits_BHWC):
        """The loss of a batch: uint8 (batch, H, W) against logits (batch, H, W, 6); a scalar."""
        truth, known = unpack_ink(ink_BHW)
        return map_loss(truth, logits_BHWC, known, self.weights, self.weights["artifact"])

    def get_config(self):
        return {**super().get_config(), "weights": self.weights}


@keras.saving.register_keras_serializable("palimpsest")
class ArtifactF1(keras.metrics.Metric):
    """F1 over the pixels that are artifact and not text, at probability one half."""

    def __init__(self, name: str = "artifact_f1", **options) -> None:
        super().__init__(name=name, **options)
        self.hits = self.add_weight(name="hits", initializer="zeros")
        self.found = self.add_weight(name="found", initializer="zeros")
        self.present = self.add_weight(name="present", initializer="zeros")

    def update_state(self, ink_BHW, logits_BHWC, sample_weight=None):
        """Counts a batch: uint8 (batch, H, W) against logits (batch, H, W, 6)."""
        truth, known = unpack_ink(ink_BHW)
        kinds = len(FAMILIES)
        present = ops.max(truth[..., :kinds], axis=-1) * (1.0 - truth[..., kinds]) * known[..., 0]
        positive = ops.cast(logits_BHWC > 0.0, "float32")
        found = ops.max(positive[..., :kinds], axis=-1) * (1.0 - positive[..., kinds]) * known[..., 0]
        self.hits.assign_add(ops.sum(found * present))
        self.found.assign_add(ops.sum(found))
        self.present.assign_add(ops.sum(present))

    def result(self):
        return 2.0 * self.hits / (self.found + self.present + 1e-6)
