"""What the networks that write a text character by character have in common: an encoder, a decoder, a search."""

from abc import abstractmethod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from base.model import BaseModel
from models.families.reader import HEAD, move_classes, reader_facts
from models.layers.beam_search import BeamSearch
from models.layers.widths import LineEnds, count_frames, inside_memory
from models.losses.ctc import ctc_loss

PER_CHARACTER = {HEAD, "embedding", "text"}  # layers whose weights count the characters


class SequenceReaderModel(BaseModel):
    """Maps uint8 images (batch, height, W, 1) and their true widths int32 (batch,) to texts.

    Class 0 ends a text and the others are the characters of ``cfg.charset``; a token of its own, after them, starts it.
    The `network` that trains maps images to what the decoder looks at, and its loss runs the decoder over the true text;
    the `inference` network searches for the most likely texts instead. Subclasses write `build_memory` and `build_decoder`.
    """

    @abstractmethod
    def build_memory(self, darkness_BHW1, ends: LineEnds):
        """From ink darkness in 0..1 to (batch, T, D), what a decoder looks at."""

    @abstractmethod
    def build_decoder(self, classes: int) -> Any:
        """A new decoder layer, see `models.layers.beam_search.BeamSearch`."""

    @property
    @abstractmethod
    def memory_px(self) -> int | None:
        """Pixels of width for one place of the memory; None where the memory is one vector for the whole line."""

    def __init__(self, cfg: Any) -> None:
        self._searching: dict[int, keras.Model] = {}
        super().__init__(cfg)

    def build(self) -> keras.Model:
        """The network that trains: images uint8 (batch, height, W, 1) and widths int32 (batch,) to the memory that is decoded."""
        image = layers.Input((self.cfg.height_px, None, 1), dtype="uint8", name="image")
        width = layers.Input((), dtype="int32", name="width")
        memory = self.build_memory(layers.Rescaling(-1 / 255, offset=1.0)(image), LineEnds(width))
        outputs = {"memory": memory}
        classes = len(self.cfg.charset) + 1
        if self.cfg.ctc_weight > 0:
            outputs["frames"] = layers.Activation("linear", dtype="float32")(self.build_frames(memory, classes))
        encoder = keras.Model({"image": image, "width": width}, outputs)
        decoder = self.build_decoder(classes)
        decoder.teach(np.zeros((1, 2, memory.shape[-1]), np.float32), np.ones((1, 2), np.float32), np.zeros((1, 2), np.int32))
        return SequenceNetwork(encoder, decoder, self.cfg, self.memory_px)

    def build_frames(self, memory, classes: int):
        """The memory to CTC logits (batch, frames, classes), for models that have them."""
        return layers.Dense(classes, name=HEAD)(memory)

    @property
    def inference(self) -> keras.Model:
        return self.searching(self.cfg.beam_width)

    def searching(self, beam_width: int) -> keras.Model:
        """The network that reads, with a beam of so many texts; 1 is greedy."""
        if beam_width not in self._searching:
            encoder, per_place = self.network.encoder, (self.memory_px or 0) // self.cfg.frame_px
            encoded = encoder(encoder.input)
            search = BeamSearch(self.network.decoder, beam_width, self.memory_px, per_place)
            frames = {"frames": encoded["frames"]} if "frames" in encoded else {}
            texts = search([encoded["memory"], encoder.input["width"]])
            self._searching[beam_width] = keras.Model(encoder.input, {**texts, **frames})
        return self._searching[beam_width]

    def take_fitting_weights(self, weights: dict[str, np.ndarray], facts: dict[str, Any]) -> list[str]:
        """As for every model; characters that both charsets have keep their weights, wherever they stand in them."""
        moved, before, now = dict(weights), facts.get("charset", ""), self.cfg.charset
        for name, variable in self._named_variables():
            if name not in weights or name.partition(".")[0] not in PER_CHARACTER:
                continue
            old, new = weights[name], np.asarray(variable)
            if "embedding" in name:
                moved[name] = _move_tokens(old, new, before, now)
            else:
                moved[name] = move_classes(old, new, before, now)
        return super().take_fitting_weights(moved, facts)

    def facts(self) -> dict[str, Any]:
        return {
            **reader_facts(self),
            "beam_width": self.cfg.beam_width,
            "ctc_weight": self.cfg.ctc_weight,
            "memory_px": self.memory_px,
        }


def _move_tokens(old: np.ndarray, new: np.ndarray, old_charset: str, new_charset: str) -> np.ndarray:
    """Embeddings (classes + start, D) from one charset to another."""
    if old.shape[1] != new.shape[1]:
        return old
    moved = move_classes(old[:-1].T, new[:-1].T, old_charset, new_charset).T
    return np.concatenate([moved, old[-1:]])


class SequenceNetwork(keras.Model):
    """An encoder and a decoder that train together, on the text and, where the encoder has a CTC head, on its frames."""

    def __init__(self, encoder: keras.Model, decoder: keras.layers.Layer, cfg: Any, memory_px: int | None) -> None:
        super().__init__(name=cfg.name)
        self.encoder, self.decoder, self.memory_px = encoder, decoder, memory_px
        self.frame_px, self.ctc_weight = cfg.frame_px, cfg.ctc_weight
        self.smoothing, self.sampling = cfg.label_smoothing, cfg.sampling
        self.seeds = keras.random.SeedGenerator(1)
        self.built = True

    def call(self, inputs, training=False):
        return self.encoder(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The negative log probability of the texts per character; a scalar.

        With ``ctc_weight`` w it is (1 - w) of the decoder's and w of the CTC head's (Watanabe et al. 2017, eq. 11).
        """
        characters = ops.cast(ops.sum(y["lengths"]), "float32")
        text = self.text_loss(x, y, y_pred["memory"], training) / characters
        if self.ctc_weight == 0:
            return text
        frames = count_frames(x["width"], self.frame_px)
        ctc = ops.sum(ctc_loss(y["labels"], y["lengths"], y_pred["frames"], frames)) / characters
        return (1 - self.ctc_weight) * text + self.ctc_weight * ctc

    def text_loss(self, x, y, memory, training: bool):
        """Smoothed cross-entropy (Szegedy et al. 2016) of every character and of the end, summed."""
        inside = inside_memory(memory, x["width"], self.memory_px)
        targets = ops.pad(y["labels"], ((0, 0), (0, 1)))
        history = self.history_of(targets, memory, inside, training)
        logits, _ = self.decoder.teach(memory, inside, history, training=training)
        scores = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        hit = ops.take_along_axis(scores, targets[..., None], axis=-1)[..., 0]
        smooth = self.smoothing if training else 0.0
        loss = -(1 - smooth) * hit - smooth * ops.mean(scores, axis=-1)
        counts = ops.arange(ops.shape(targets)[1], dtype="int32")[None, :] <= y["lengths"][:, None]
        return ops.sum(loss * ops.cast(counts, "float32"))

    def history_of(self, targets, memory, inside, training: bool):
        """What the decoder is told that it wrote before each place.

        That is the truth, but for ``sampling`` of the characters, where it is what the decoder itself would write after
        the truth: scheduled sampling in two passes at once (Mihaylova & Martins 2019), so that it learns to go on after
        its own mistakes.
        """
        start = ops.full_like(targets[:, :1], self.decoder.classes)
        truth = ops.concatenate([start, targets[:, :-1]], axis=1)
        if not training or self.sampling == 0:
            return truth
        logits, _ = self.decoder.teach(memory, inside, truth, training=False)
        own = ops.cast(ops.argmax(ops.stop_gradient(logits), axis=-1), "int32")
        own = ops.concatenate([start, own[:, :-1]], axis=1)
        swapped = keras.random.uniform(ops.shape(truth), seed=self.seeds) < self.sampling
        return ops.where(ops.logical_and(swapped, truth > 0), own, truth)
