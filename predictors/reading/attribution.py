"""Where a reader of syllables saw a jamo."""

import contextlib
from functools import partial
from typing import Any

import cv2
import keras
import numpy as np
from keras import layers, ops

from preprocessing.text import hangul
from utils.compute.gradients import gradient

METHODS = ("grad_cam", "layer_cam")
FINEST = 8  # the maps that are looked at have at least so many places across
FEWEST_CHANNELS = 9  # fewer are the picture itself, or its directed gradients
FAR = -1e9


class Explainer:
    """Explains what a network read, jamo by jamo.

    What is explained is how much more likely a jamo is than all others of its place, the logarithm of the odds of its texts:
    unlike a probability it does not level off where the network is sure, and it means the same for every head.

    Args:
        model: a `models.families.hangul.HangulModel` with its weights.
    """

    def __init__(self, model: Any) -> None:
        self.texts = hangul.classes_of(model.head.texts)
        network = model.inference
        maps, self.above = cut_at_maps(model)
        self.below = keras.Model(network.inputs, maps)

    def heat(self, frames: np.ndarray, classes: np.ndarray) -> dict[str, np.ndarray]:
        """By the name of the method: float32 (N, 3, side, side), 0 and up, for the initial, medial and final of each picture.

        ``grad_cam`` weighs maps by their mean gradient (Selvaraju et al. 2017, eq. 1 and 2), ``layer_cam`` each place of a map by
        its own positive gradient (Jiang et al. 2021, eq. 5 and 6), which stays sharp on fine maps.

        Args:
            frames: uint8 (N, side, side), as `preprocessing.syllable_image.frame_syllable` makes them.
            classes: int (N, 3), the jamo to explain; those of what was read, mostly.
        """
        maps = np.asarray(ops.convert_to_numpy(self.below.predict_on_batch(frames[..., None])), np.float32)
        found: dict[str, list[np.ndarray]] = {method: [] for method in METHODS}
        for place in range(3):
            has = self.texts[None, :, place] == classes[:, place, None]
            slope = gradient(partial(self._odds, has=has), maps)
            weights = slope.mean(axis=(1, 2), keepdims=True)
            found["grad_cam"].append(np.maximum((weights * maps).sum(axis=-1), 0))
            found["layer_cam"].append(np.maximum((np.maximum(slope, 0) * maps).sum(axis=-1), 0))
        side = frames.shape[1]
        return {method: np.stack([_enlarged(part, side) for part in parts], axis=1) for method, parts in found.items()}

    def _odds(self, maps: Any, has: np.ndarray) -> Any:
        """The log odds of the texts that have a jamo, summed over the pictures (each depends on its own maps alone)."""
        scores = ops.cast(self.above(maps, training=False), "float32")
        allowed = ops.convert_to_tensor(np.where(has, 0.0, FAR).astype(np.float32))
        other = ops.convert_to_tensor(np.where(has, FAR, 0.0).astype(np.float32))
        return ops.sum(ops.logsumexp(scores + allowed, axis=1) - ops.logsumexp(scores + other, axis=1))


def cut_at_maps(model: Any) -> tuple[Any, keras.Model]:
    """The last maps of a network that are still fine enough to see jamo in, and the network from there to the scores.

    All that the scores depend on must go through those maps, which a place beside a shortcut does not do; the trunk's end does.
    """
    outputs = [layer.output for layer in model.inference.layers if not isinstance(layer, layers.InputLayer)]
    maps = [output for output in outputs if not isinstance(output, dict | list | tuple) and len(output.shape) == 4]
    fine = [output for output in maps if output.shape[1] >= FINEST and output.shape[-1] >= FEWEST_CHANNELS]
    for output in (*reversed(fine), model.maps):
        with contextlib.suppress(ValueError):  # Keras's way to say that the scores depend on something else too
            return output, keras.Model(output, model.inference.output["scores"])
    raise ValueError("the trunk's maps do not lead to the scores")


def _enlarged(heat_NHW: np.ndarray, side: int) -> np.ndarray:
    return np.stack([np.maximum(cv2.resize(heat, (side, side), interpolation=cv2.INTER_CUBIC), 0) for heat in heat_NHW])
