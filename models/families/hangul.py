"""What the readers of syllables have in common: a square grey picture in, the log probability of every syllable out."""

from abc import abstractmethod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from base.errors import UserError
from base.model import BaseModel
from models.layers.direct_map import DirectMap
from models.layers.jamo_heads import HEADS
from models.layers.links import LINKS
from preprocessing.text import hangul


class HangulModel(BaseModel):
    """A trunk, a link, a head: any of each.

    The network that trains takes ``image`` uint8 (B, side, side, 1) and ``jamo`` int32 (B, 3), the true classes, and answers with
    logits by name; the one that answers takes the image and gives ``scores`` float32 (B, texts), log probabilities, and ``known``
    float32 (B,), the logit of the picture being one syllable at all. Subclasses write `build_maps`.
    """

    @abstractmethod
    def build_maps(self, darkness_BHWC):
        """Builds the trunk, from ink darkness in 0..1 (or `DirectMap`'s eight maps of it) to maps (B, h, w, channels)."""

    def build(self) -> keras.Model:
        """The network that trains, see the class; the one that answers is built beside it, of the same layers."""
        cfg = self.cfg
        if cfg.head.name == "complete" and not cfg.head.charset:
            raise UserError("model.head.charset: the complete head needs its syllables; training takes them from the data")
        image = layers.Input((cfg.image_px, cfg.image_px, 1), dtype="uint8", name="image")
        jamo = layers.Input((3,), dtype="int32", name="jamo")
        darkness = layers.Rescaling(-1 / 255, offset=1.0)(image)
        self.maps = maps = self.build_maps(DirectMap(name="direct-map")(darkness) if cfg.input == "direct_map" else darkness)
        vector = LINKS[cfg.link](name="link")(maps)
        if cfg.head.width:
            vector = layers.Dense(cfg.head.width, use_bias=False, name="dense")(vector)
            vector = layers.BatchNormalization(momentum=0.98, name="dense-norm")(vector)
            vector = layers.LeakyReLU(name="dense-relu")(vector)
        seen = layers.Dropout(cfg.dropout, name="dropout")(vector)
        self.head = HEADS[cfg.head.name](cfg.head)
        known = layers.Dense(1, dtype="float32", name="known")(vector)
        outputs = {**self.head([maps, seen, jamo]), "known": known}
        if cfg.loss.adversarial:
            outputs["hand"] = layers.Dense(1, dtype="float32", name="hand")(
                layers.Dense(64, activation="relu", name="hand-dense")(ReversedGradient(name="reversed")(vector))
            )
        if cfg.loss.centre:
            outputs["distance"] = JamoCentres(name="centres")([vector, jamo])
        self._inference = keras.Model(image, {"scores": self.head([maps, seen]), "known": known[:, 0]})
        return HangulNetwork({"image": image, "jamo": jamo}, outputs, values=cfg, numbers=getattr(self.head, "numbers", None))

    @property
    def inference(self) -> keras.Model:
        return self._inference

    def take_fitting_weights(self, weights: dict[str, np.ndarray], facts: dict[str, Any]) -> list[str]:
        """As for every model; the classes of a complete head fit only where both tell the same texts apart."""
        if facts.get("charset", hangul.TEXTS) != self.head.texts:
            weights = {name: array for name, array in weights.items() if not name.startswith("head.")}
        return super().take_fitting_weights(weights, facts)

    @property
    def stride(self) -> int:
        return self.cfg.image_px

    def facts(self) -> dict[str, Any]:
        """``image_px``, ``parameters``, and for heads that tell other texts apart than all their ``charset``."""
        facts: dict[str, Any] = {
            "stride": self.stride,
            "image_px": self.cfg.image_px,
            "parameters": self.inference.count_params(),
        }
        if self.head.texts != hangul.TEXTS:
            facts["charset"] = self.head.texts
        return facts


class HangulNetwork(keras.Model):
    """A functional network that learns jamo, and whether there are any.

    Args:
        values: ``cfg.model``.
        numbers: int32 (initials * medials * finals,), the class of each combination for heads that tell texts apart.
    """

    def __init__(self, *args, values: Any, numbers: Any, **options) -> None:
        super().__init__(*args, name=values.name, **options)
        self.weight, self.numbers = values.loss, numbers

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The mean negative log probability of the jamo (or the text) over the pictures that are syllables, and the rest.

        Targets: ``jamo`` int32 (B, 3), ``known`` float32 (B,), ``hand`` float32 (B,): 1 for handwriting, 0 for print, -1 unknown.
        """
        known = ops.cast(y["known"], "float32")
        count = ops.maximum(ops.sum(known), 1.0)
        loss = ops.sum(self.reading_loss(y["jamo"], y_pred) * known) / count
        loss += self.weight.known * ops.mean(binary_entropy(known, y_pred["known"][:, 0]))
        if "hand" in y_pred:
            told = known * ops.cast(y["hand"] >= 0, "float32")
            entropy = binary_entropy(ops.cast(y["hand"], "float32"), y_pred["hand"][:, 0])
            loss += self.weight.adversarial * ops.sum(entropy * told) / ops.maximum(ops.sum(told), 1.0)
        if "distance" in y_pred:
            loss += self.weight.centre * ops.sum(y_pred["distance"] * known) / count
        return loss

    def reading_loss(self, jamo, y_pred):
        """Of each picture, summed over the jamo, averaged over the supervised steps; float32 (B,)."""
        if "text" in y_pred:
            places = (jamo[:, 0] * hangul.CLASSES[1] + jamo[:, 1]) * hangul.CLASSES[2] + jamo[:, 2]
            return self._entropy(ops.take(ops.convert_to_tensor(self.numbers), places), y_pred["text"])
        return sum(self._entropy(jamo[:, at], y_pred[place]) for at, place in enumerate(hangul.PLACES))

    def _entropy(self, classes, logits_BTC):
        """Smoothed cross-entropy (Szegedy et al. 2016), the mean over the steps."""
        scores = ops.log_softmax(logits_BTC, axis=-1)
        steps = ops.broadcast_to(classes[:, None, None], (*ops.shape(scores)[:2], 1))
        hit = ops.take_along_axis(scores, steps, axis=-1)[..., 0]
        smooth = self.weight.label_smoothing
        return -ops.mean((1 - smooth) * hit + smooth * ops.mean(scores, axis=-1), axis=1)


def binary_entropy(truth, logits):
    """Cross-entropy of logits and truths 0 or 1, of any shape."""
    return ops.relu(logits) - logits * truth + ops.softplus(-ops.abs(logits))


@keras.saving.register_keras_serializable("palimpsest")
class ReversedGradient(layers.Layer):
    """Changes nothing on the way forth, and the sign of the gradient on the way back (Ganin & Lempitsky 2015, eq. 14)."""

    def call(self, inputs):
        return 2.0 * ops.stop_gradient(inputs) - inputs


@keras.saving.register_keras_serializable("palimpsest")
class JamoCentres(layers.Layer):
    """How far a vector (B, D) is from its text's centre, squared and halved; float32 (B,).

    Centre loss (Wen et al. 2016, eq. 2), with the sum of its jamo's centres as the centre of a text: so texts that are not in the
    training have one too.
    """

    def build(self, input_shape) -> None:
        (_, width), _ = input_shape
        self.centres = [
            self.add_weight(name=f"{place}-centre", shape=(count, width), initializer="zeros")
            for place, count in zip(hangul.PLACES, hangul.CLASSES, strict=True)
        ]

    def call(self, inputs):
        vector, jamo = inputs
        centre = sum(ops.take(table, jamo[:, at], axis=0) for at, table in enumerate(self.centres))
        return 0.5 * ops.sum(ops.square(ops.cast(vector, "float32") - centre), axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0][0],)
