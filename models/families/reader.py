"""What the networks that read lines have in common: grey pixels in, CTC logits out."""

from abc import abstractmethod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from base.model import BaseModel
from models.layers.widths import LineEnds, count_frames
from models.losses.ctc import ctc_loss
from models.losses.distillation import TEACHER, distillation_loss

HEAD = "characters"  # the layer whose units belong to characters


class ReaderModel(BaseModel):
    """Maps uint8 images (batch, height, W, 1) and their true widths int32 (batch,) to logits (batch, frames, classes).

    Class 0 is the CTC blank (Graves et al. 2006), the others are the characters of ``cfg.charset``. W is a multiple of
    `stride`; a line of width w has ``ceil(w / frame_px)`` frames, those after them mean nothing, and what stands beside
    or after a line in its batch never changes its logits. Subclasses write `build_features`.
    """

    @abstractmethod
    def build_features(self, darkness_BHW1, ends: LineEnds):
        """Builds the layers from ink darkness in 0..1 to what `build_head` turns into logits.

        Args:
            darkness_BHW1: (batch, height, W, 1).
            ends: where the lines end.
        """

    def build(self) -> keras.Model:
        image = layers.Input((self.cfg.height_px, None, 1), dtype="uint8", name="image")
        width = layers.Input((), dtype="int32", name="width")
        features = self.build_features(layers.Rescaling(-1 / 255, offset=1.0)(image), LineEnds(width))
        classes = len(self.cfg.charset) + 1
        logits = layers.Activation("linear", dtype="float32", name="logits")(self.build_head(features, classes))
        return CtcNetwork({"image": image, "width": width}, logits, frame_px=self.cfg.frame_px, name=self.cfg.name)

    def build_head(self, features, classes: int):
        """Features to logits (batch, frames, classes)."""
        return layers.Dense(classes, name=HEAD)(features)

    def take_fitting_weights(self, weights: dict[str, np.ndarray], facts: dict[str, Any]) -> list[str]:
        """As for every model; characters that both charsets have keep their weights, and kernels are fitted to another height."""
        moved = dict(weights)
        for name, variable in self._named_variables():
            if name.startswith(f"{HEAD}.") and name in weights:
                moved[name] = move_classes(weights[name], np.asarray(variable), facts.get("charset", ""), self.cfg.charset)
            elif name in weights and facts.get("height_px") != self.cfg.height_px and weights[name].ndim == 4:
                moved[name] = stretch_rows(weights[name], variable.shape[0])
        return super().take_fitting_weights(moved, facts)

    def facts(self) -> dict[str, Any]:
        return reader_facts(self)


def reader_facts(model: BaseModel) -> dict[str, Any]:
    """What prediction must know of any reader of lines or words."""
    cfg = model.cfg
    return {"stride": model.stride, "frame_px": cfg.frame_px, "height_px": cfg.height_px, "charset": cfg.charset}


@keras.saving.register_keras_serializable("palimpsest")
class CtcNetwork(keras.Model):
    """A functional network that trains with CTC."""

    def __init__(self, *args, frame_px: int, **options) -> None:
        super().__init__(*args, **options)
        self.frame_px = frame_px
        self.distil_weight = 0.0

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The negative log probability of the labels per character; a scalar.

        Where a teacher's logits are among the targets, ``distil_weight`` of it is the distance from them. Lines without a
        text count for that alone.
        """
        frames = count_frames(x["width"], self.frame_px)
        characters = ops.maximum(ops.cast(ops.sum(y["lengths"]), "float32"), 1.0)
        unknown = ops.cast(y["lengths"] == 0, "int32")  # TensorFlow's kernel demands a label; what it says is not counted
        labels = ops.concatenate([ops.maximum(y["labels"][:, :1], unknown[:, None]), y["labels"][:, 1:]], axis=1)
        each = ctc_loss(labels, ops.maximum(y["lengths"], 1), y_pred, frames)
        loss = ops.sum(each * ops.cast(1 - unknown, "float32")) / characters
        if TEACHER not in y:
            return loss
        weight = self.distil_weight
        return (1 - weight) * loss + weight * distillation_loss(y[TEACHER], y_pred, frames)


def stretch_rows(kernel: np.ndarray, rows: int) -> np.ndarray:
    """float32, a kernel (rows, columns, in, out) that covers a picture's whole height, for pictures of another height.

    Each new row takes what it covers of the old ones, so that the answer to an even picture stays the same.
    """
    edges = np.arange(rows + 1) * (len(kernel) / rows)
    old = np.arange(len(kernel))
    covered = np.clip(np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old), 0.0, None)
    return np.einsum("no,o...->n...", covered, kernel).astype(kernel.dtype)


def move_classes(old: np.ndarray, new: np.ndarray, old_charset: str, new_charset: str) -> np.ndarray:
    """float32, weights whose last axis counts the classes, once or several times over, from one charset to another.

    Args:
        old: (..., n * (characters of the old charset + 1)).
        new: the same for the new charset: the weights of the characters that are new.
        old_charset, new_charset: the character of each class from 1 on.
    """
    places = {character: place for place, character in enumerate(old_charset, start=1)}
    shared = [(0, 0), *((places[c], place) for place, c in enumerate(new_charset, start=1) if c in places)]
    source, target = np.array(shared).T
    before = old.reshape(*old.shape[:-1], -1, len(old_charset) + 1)
    after = new.reshape(*new.shape[:-1], -1, len(new_charset) + 1).copy()
    if before.shape[:-1] != after.shape[:-1]:
        return old  # of another layer: it does not fit anyway
    after[..., target] = before[..., source]
    return after.reshape(new.shape)
