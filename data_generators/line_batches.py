"""Lines of any source as batches of about the same width: scaled, augmented, padded, encoded."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from base.source import BaseSource
from data_generators.line_soiler import LineSoiler
from data_generators.opening import dice
from preprocessing.augment import augment
from preprocessing.charset import Charset
from preprocessing.line_image import level_paper, reframe, scale_line, upright_line, width_at
from preprocessing.text_rules import TextRules
from utils.shuffling import shuffled


@dataclass(frozen=True)
class LineShape:
    """How lines become arrays.

    Attributes:
        height_px: every line is scaled to it.
        widest_px: wider lines are squeezed.
        frame_px: a line is at least so many pixels wide for each frame that CTC needs for its text.
        multiple_px: batches are padded to a multiple of this width.
        batch_size: lines in a batch.
        window: batches whose lines are sorted by width together: more waste less padding and mix less.
        strength: ``none``, ``weak``, ``strong`` or ``either``, of `preprocessing.augment.augment`.
        zoom: range of a line's height against ``height_px``, to either side of which it is cut or continued.
        stretch: range of the change of a line's width.
    """

    height_px: int = 64
    widest_px: int = 4000
    frame_px: int = 4
    multiple_px: int = 64
    batch_size: int = 16
    window: int = 32
    strength: str = "weak"
    zoom: tuple[float, float] = (1.0, 1.0)
    stretch: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True)
class LineBatch:
    """Lines of one batch.

    Attributes:
        images: uint8 (B, H, W, 1), paper levelled to white, white beyond a line's end.
        widths: int32 (B,), true widths in pixels.
        labels: int32 (B, L), classes of `Charset`, 0 beyond a text's end.
        lengths: int32 (B,), true lengths.
        ink: uint8 (B, H, W), bits of `Ink`; None where nothing is soiled.
        made: bool (B,), whether the lines are made up, so that nothing but text was on them before they were soiled.
    """

    images: np.ndarray
    widths: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray
    ink: np.ndarray | None
    made: np.ndarray


@dataclass(frozen=True)
class LineView:
    """One line as a batch takes it: uint8 (H, w), int32 (length,), uint8 (H, w) or None, and whether it is made up."""

    image: np.ndarray
    classes: np.ndarray
    ink: np.ndarray | None
    is_made: bool


class LineBatches:
    """Batches of a source without end, by step; which lines they hold is a pure function of (seed, split, step).

    Widths and label lengths of consecutive batches always differ: Keras on TensorFlow takes a dimension in which the
    first two batches agree for a fixed one.

    Args:
        source: of lines.
        charset: its characters become classes.
        shape: how lines become arrays.
        seed: of order, and of whatever the samples leave open.
        rules: how texts are spelled.
        steps: of the whole training, in the course of which a mixture may change; None leaves it as it begins.
        soiler: lays artifacts over the lines; None leaves them as they are.
    """

    def __init__(
        self,
        source: BaseSource,
        charset: Charset,
        shape: LineShape,
        seed: int,
        rules: TextRules | None = None,
        steps: int | None = None,
        soiler: LineSoiler | None = None,
    ) -> None:
        self.soiler = soiler
        self.source, self.charset, self.shape, self.seed, self.steps = source, charset, shape, seed, steps
        self.rules = rules or TextRules()
        self._planned = lru_cache(maxsize=4)(self._plan_window)

    def batch(self, step: int) -> LineBatch:
        """The batch of a training step, 0 and up."""
        source = self._source_at(step // self.shape.window)
        return self._stack([self._view(source, int(place)) for place in self.plan(step)], odd=step % 2)

    def plan(self, step: int) -> np.ndarray:
        """int64 (B,), the places in the endless stream of samples that a batch takes: neighbours in width in their window."""
        window, number = divmod(step, self.shape.window)
        return self._planned(window)[number]

    def _plan_window(self, window: int) -> np.ndarray:
        """The batches of a window, (window, B)."""
        count = self.shape.batch_size * self.shape.window
        places = np.arange(window * count, (window + 1) * count)
        source = self._source_at(window)
        widths = np.array([self._width(source, int(place)) for place in places])
        order = places[np.argsort(widths, kind="stable")].reshape(self.shape.window, -1)
        return np.random.default_rng([self.seed, window]).permutation(order)

    def _source_at(self, window: int) -> BaseSource:
        return self.source if not self.steps else self.source.at(min(1.0, window * self.shape.window / self.steps))

    def _index(self, place: int) -> int:
        """The sample at a place of the stream: every epoch goes through all samples in another order, but a mixture draws."""
        epoch, position = divmod(place, len(self.source))
        return shuffled(position, len(self.source), seed=self.seed + epoch)

    def _width(self, source: BaseSource, place: int) -> int:
        return width_at(source.size(self._index(place), dice(self.seed, source.split, place)), self.shape.height_px)

    def _view(self, source: BaseSource, place: int) -> LineView:
        """A line, augmented and soiled."""
        shape = self.shape
        rng = dice(self.seed, source.split, place)
        sample = source.sample(self._index(place), rng)
        text = self.rules.apply(sample.text)
        image = reframe(rng, upright_line(sample.image), shape.height_px, zoom=shape.zoom, stretch=shape.stretch)
        width = max(min(image.shape[1], shape.widest_px), shape.frame_px * self.charset.frames_needed(text))
        image = augment(rng, scale_line(image, shape.height_px, width), shape.strength).image
        is_made, ink = sample.path is None, None
        if self.soiler is not None:
            image, ink = self.soiler.soil(rng, image, is_clean=is_made)
        return LineView(level_paper(image), self.charset.encode(text), ink, is_made)

    def _stack(self, lines: list[LineView], *, odd: int) -> LineBatch:
        width = _multiple(max(line.image.shape[1] for line in lines), self.shape.multiple_px, odd)
        images = np.full((len(lines), self.shape.height_px, width, 1), 255, np.uint8)
        labels = np.zeros((len(lines), _multiple(max(len(line.classes) for line in lines), 1, odd)), np.int32)
        ink = np.zeros(images.shape[:3], np.uint8) if self.soiler else None
        for row, line in enumerate(lines):
            images[row, :, : line.image.shape[1], 0] = line.image
            labels[row, : len(line.classes)] = line.classes
            if ink is not None and line.ink is not None:
                ink[row, :, : line.ink.shape[1]] = line.ink
        widths = np.array([line.image.shape[1] for line in lines], np.int32)
        lengths = np.array([len(line.classes) for line in lines], np.int32)
        return LineBatch(images, widths, labels, lengths, ink, np.array([line.is_made for line in lines]))


def _multiple(size: int, unit: int, odd: int) -> int:
    """The least multiple of a unit that holds a size, at least one, and is an odd or an even number of units."""
    units = max(1, -(-size // unit))
    return (units + (units % 2 != odd)) * unit
