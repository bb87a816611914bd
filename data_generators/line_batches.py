"""Lines of any source as batches of about the same width: scaled, augmented, padded, encoded."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from base.source import BaseSource
from base.types import Sample
from data_generators.opening import dice
from preprocessing.augment import augment
from preprocessing.charset import Charset
from utils.shuffling import shuffled


@dataclass(frozen=True)
class LineShape:
    """How lines become arrays.

    Attributes:
        height_px: every line is scaled to it.
        widest_px: wider lines are squeezed.
        multiple_px: batches are padded to a multiple of this width.
        batch_size: lines in a batch.
        window: batches whose lines are sorted by width together: more waste less padding and mix less.
        strength: ``none``, ``weak`` or ``strong``, of `preprocessing.augment.augment`.
    """

    height_px: int = 64
    widest_px: int = 4000
    multiple_px: int = 64
    batch_size: int = 16
    window: int = 32
    strength: str = "weak"


@dataclass(frozen=True)
class LineBatch:
    """Lines of one batch.

    Attributes:
        images: uint8 (B, H, W, 1), white beyond a line's end.
        widths: int32 (B,), true widths in pixels.
        labels: int32 (B, L), classes of `Charset`, 0 beyond a text's end.
        lengths: int32 (B,), true lengths.
    """

    images: np.ndarray
    widths: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray


class LineBatches:
    """Batches of a source without end, by step; which lines they hold is a pure function of (seed, split, step).

    Args:
        source: of lines.
        charset: its characters become classes.
        shape: how lines become arrays.
        seed: of order, and of whatever the samples leave open.
    """

    def __init__(self, source: BaseSource, charset: Charset, shape: LineShape, seed: int) -> None:
        self.source, self.charset, self.shape, self.seed = source, charset, shape, seed
        self._planned = lru_cache(maxsize=4)(self._plan_window)

    def batch(self, step: int) -> LineBatch:
        """The batch of a training step, 0 and up."""
        samples = [self._view(int(place)) for place in self.plan(step)]
        return self._stack(samples)

    def plan(self, step: int) -> np.ndarray:
        """int64 (B,), the places in the endless stream of samples that a batch takes: neighbours in width in their window."""
        window, number = divmod(step, self.shape.window)
        return self._planned(window)[number]

    def _plan_window(self, window: int) -> np.ndarray:
        """The batches of a window, (window, B)."""
        count = self.shape.batch_size * self.shape.window
        places = np.arange(window * count, (window + 1) * count)
        widths = np.array([self._width(int(place)) for place in places])
        order = places[np.argsort(widths, kind="stable")].reshape(self.shape.window, -1)
        return np.random.default_rng([self.seed, window]).permutation(order)

    def _index(self, place: int) -> int:
        """The sample at a place of the stream: every epoch goes through all samples in another order."""
        epoch, position = divmod(place, len(self.source))
        return shuffled(position, len(self.source), seed=self.seed + epoch)

    def _width(self, place: int) -> int:
        height, width = self.source.size(self._index(place), dice(self.seed, self.source.split, place))
        return width * self.shape.height_px // max(height, 1)

    def _view(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """A line's image and classes."""
        rng = dice(self.seed, self.source.split, place)
        sample: Sample = self.source.sample(self._index(place), rng)
        image = augment(rng, self._scaled(sample.image), self.shape.strength).image
        return image, self.charset.encode(sample.text)

    def _scaled(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape
        wanted = min(self.shape.widest_px, max(1, round(width * self.shape.height_px / height)))
        if (height, width) == (self.shape.height_px, wanted):
            return image
        return cv2.resize(
            image,
            (wanted, self.shape.height_px),
            interpolation=cv2.INTER_AREA if height > self.shape.height_px else cv2.INTER_LINEAR,
        )

    def _stack(self, lines: list[tuple[np.ndarray, np.ndarray]]) -> LineBatch:
        multiple = self.shape.multiple_px
        width = -(-max(image.shape[1] for image, _ in lines) // multiple) * multiple
        images = np.full((len(lines), self.shape.height_px, width, 1), 255, np.uint8)
        labels = np.zeros((len(lines), max(1, *(len(classes) for _, classes in lines))), np.int32)
        for row, (image, classes) in enumerate(lines):
            images[row, :, : image.shape[1], 0] = image
            labels[row, : len(classes)] = classes
        widths = np.array([image.shape[1] for image, _ in lines], np.int32)
        return LineBatch(images, widths, labels, np.array([len(classes) for _, classes in lines], np.int32))
