"""An eraser and a reader as one network, so that what is erased is what helps reading (after DeepErase, Huang et al. 2020)."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from base.errors import UserError
from base.model import BaseModel
from base.registry import MODELS
from base.types import ARTIFACT, FAMILIES
from models.families.eraser import InkLoss
from models.families.reader import reader_facts
from models.layers.widths import count_frames
from models.losses.ctc import ctc_loss


@MODELS.register("joint")
class JointModel(BaseModel):
    """Maps ``image`` uint8 (B, H, W, 1), ``width`` int32 (B,) and ``erase`` float32 (B,), the part that goes of what was found.

    Right of the image stands as much blank paper as the eraser sees at once, so that a wider line in the batch changes nothing.
    It answers with ``frames``, logits (B, T, classes) of what the reader sees after erasing; ``mask`` (B, H, W), 0..1, what was
    found before ``erase`` was applied; and in training with ``ink``, logits (B, H, W, 6) of the eraser.

    Attributes:
        parts: ``eraser`` and ``reader``, the models that it is made of.
    """

    def __init__(self, cfg: Any) -> None:
        self.parts = {name: MODELS.get(cfg[name].name)(cfg[name]) for name in ("eraser", "reader")}
        super().__init__(cfg)

    def build(self) -> keras.Model:
        """The network, see the class."""
        cfg = self.cfg
        image = layers.Input((cfg.reader.height_px, None, 1), dtype="uint8", name="image")
        width, erase = layers.Input((), dtype="int32", name="width"), layers.Input((), dtype="float32", name="erase")
        ink = self.ink_of(image)
        mask = EraseMask(list(cfg.remove), cfg.mask, cfg.threshold, cfg.text_threshold, name="mask")(ink)
        darkness = layers.Rescaling(-1 / 255, offset=1.0, dtype="float32")(image)
        cleaned = darkness * (1.0 - mask * erase[:, None, None, None])
        frames = reading_core(self.parts["reader"].network)([cleaned, width])
        inputs, answers = {"image": image, "width": width, "erase": erase}, {"frames": frames, "mask": mask[..., 0]}
        self._inference = keras.Model(inputs, answers)
        return JointNetwork(inputs, {**answers, "ink": ink}, values=cfg, name=cfg.name)

    def ink_of(self, image_BHW1):
        """The eraser's logits (B, H, W, 6), with blank paper beyond the image."""
        eraser = self.parts["eraser"]
        if eraser.reach_px is None:
            raise UserError(
                f"parts.eraser: model={eraser.cfg.name} with normalise={eraser.cfg.get('normalise')} sees pictures as a whole, "
                "so that the lines of a batch would change each other: take one with model.normalise=batch, or state its reach_px"
            )
        margin = -(-eraser.reach_px // eraser.stride) * eraser.stride
        grey = ops.cast(image_BHW1, "float32")  # ONNX pads no bytes
        wider = ops.cast(ops.pad(grey, [[0, 0], [0, 0], [0, margin], [0, 0]], constant_values=255.0), "uint8")
        return layers.Cropping2D(((0, 0), (0, margin)))(eraser.network(wider))

    @property
    def inference(self) -> keras.Model:
        return self._inference

    @property
    def stride(self) -> int:
        return int(np.lcm(self.parts["eraser"].stride, self.parts["reader"].stride))

    def facts(self) -> dict[str, Any]:
        """Those of the reader, with a stride that suits both."""
        return {**reader_facts(self.parts["reader"]), "stride": self.stride}


def reading_core(network: keras.Model) -> keras.Model:
    """A reader from ink darkness on: float32 (B, H, W, 1) in 0..1 and widths to logits."""
    darkness = next(layer for layer in network.layers if isinstance(layer, layers.Rescaling)).output
    return keras.Model([darkness, network.input["width"]], network.output, name="reading")


@keras.saving.register_keras_serializable("palimpsest")
class EraseMask(layers.Layer):
    """From logits of ink (B, H, W, 6) to what is erased, (B, H, W, 1) in 0..1.

    Args:
        remove: families of artifacts.
        kind: ``soft``, the probability of an artifact that is no text; ``straight_through``, that one decided, with the gradient
            of the probability (Bengio et al. 2013); ``hard``, decided, through which no gradient comes, as in DeepErase.
        threshold: probability from which an artifact counts.
        text_threshold: probability from which text counts, and stays.
    """

    def __init__(self, remove: list[str], kind: str, threshold: float, text_threshold: float, **options) -> None:
        super().__init__(dtype="float32", **options)
        self.places = [place for place, family in enumerate(FAMILIES) if family in remove]
        self.kind, self.threshold, self.text_threshold = kind, threshold, text_threshold

    def call(self, logits_BHWC):
        """What is erased of each pixel, float32 (B, H, W, 1)."""
        chance = ops.sigmoid(ops.cast(logits_BHWC, "float32"))
        artifact = ops.max(ops.take(chance, ops.convert_to_tensor(self.places), axis=-1), axis=-1, keepdims=True)
        text = ops.max(chance[..., len(FAMILIES) :], axis=-1, keepdims=True)
        soft = artifact * (1.0 - text)
        if self.kind == "soft":
            return soft
        found = ops.logical_and(artifact >= self.threshold, text < self.text_threshold)
        decided = ops.cast(found, "float32")
        return decided if self.kind == "hard" else soft + ops.stop_gradient(decided - soft)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


class JointNetwork(keras.Model):
    """A functional network that learns to erase and to read.

    Args:
        values: ``cfg.model``: ``loss`` has the weights, each a pair: at the start, and from step ``ramp_steps`` on.
    """

    def __init__(self, *args, values: Any, **options) -> None:
        super().__init__(*args, **options)
        self.values = values
        self.ink_loss = InkLoss(dict(values.eraser.loss))
        self.steps_done = self.add_weight(name="steps-done", shape=(), initializer="zeros", trainable=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The weighted sum of what reading, erasing and not erasing cost; a scalar.

        Targets: ``labels``, ``lengths``, ``ink`` uint8 (B, H, W), and ``known`` float32 (B,): 1 where all ink is known.
        """
        frames = count_frames(x["width"], self.values.reader.frame_px)
        characters = ops.cast(ops.sum(y["lengths"]), "float32")
        reading = ops.sum(ctc_loss(y["labels"], y["lengths"], y_pred["frames"], frames)) / characters
        progress = ops.minimum(self.steps_done / float(max(1, self.values.loss.ramp_steps)), 1.0)
        if training:
            self.steps_done.assign_add(1.0)
        return (
            self._weight("recognition", progress) * reading
            + self._weight("ink", progress) * self.ink_loss(y["ink"], y_pred["ink"])
            + self._weight("identity", progress) * self.identity_loss(x["image"], y["ink"], y["known"], y_pred["mask"])
        )

    def _weight(self, name: str, progress):
        first, last = self.values.loss[name]
        return first + (last - first) * progress

    def identity_loss(self, image_BHW1, ink_BHW, known_B, mask_BHW):
        """The part of a clean line's ink that is erased, averaged over the lines that are known to be clean."""
        soiled = ops.any(ops.not_equal(ops.bitwise_and(ops.cast(ink_BHW, "int32"), int(ARTIFACT)), 0), axis=(1, 2))
        clean = known_B * (1.0 - ops.cast(soiled, "float32"))
        darkness = 1.0 - ops.cast(image_BHW1[..., 0], "float32") / 255.0
        lost = ops.sum(mask_BHW * darkness, axis=(1, 2)) / (ops.sum(darkness, axis=(1, 2)) + 1.0)
        return ops.sum(clean * lost) / ops.maximum(ops.sum(clean), 1.0)
