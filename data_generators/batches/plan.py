"""Which lines stand in which batch: every batch has one of a few shapes, whatever lines there are."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from base.source import BaseSource
from data_generators.batches.shuffling import shuffled
from data_generators.sources.reading.opening import sample_rng
from preprocessing.line_image import width_at
from preprocessing.text.charset import Charset, frames_needed
from preprocessing.text.rules import TextRules
from utils.configuration.values import plain

STRETCHES = 3  # that are drawn for a line; the one that fills its bucket best is taken
SPARE = 1.03  # of the lines that a window takes, so that it hardly ever lacks a batch
PROBED = 512  # lines that tell how many of them make a window


@dataclass(frozen=True)
class LineShape:
    """How lines become arrays.

    Attributes:
        height_px: every line is scaled to it.
        frame_px: a line is at least so many pixels wide for each frame that CTC needs for its text.
        buckets: the widths of batches in pixels, ascending; a line goes to the first that it fits, the widest ones are
            squeezed into the last.
        batch_px: width of all lines of a batch together, padding included: a wide bucket has few lines, a narrow one many.
        label_px: a bucket has room for one character on so many of its pixels; a longer text goes to a wider one.
        window: batches whose lines are chosen together: more waste less padding.
        streams: windows side by side, that take turns batch by batch: of as many processes each plans the lines of one alone.
        strength: ``none``, ``weak``, ``strong`` or ``either``, of `preprocessing.augment.augment`.
        zoom: range of a line's height against ``height_px``, to either side of which it is cut or continued.
        stretch: range of the change of a line's width.
    """

    height_px: int = 64
    frame_px: int = 4
    buckets: tuple[int, ...] = (256, 512, 768, 1024, 1536, 2048)
    batch_px: int = 24_000
    label_px: int = 6
    window: int = 32
    streams: int = 1
    strength: str = "weak"
    zoom: tuple[float, float] = (1.0, 1.0)
    stretch: tuple[float, float] = (1.0, 1.0)

    @property
    def widest_px(self) -> int:
        """Wider lines are squeezed."""
        return self.buckets[-1]

    def lines_of(self, bucket_px: int) -> int:
        """Lines in a batch of a bucket."""
        return max(1, self.batch_px // bucket_px)

    def most_characters(self, bucket_px: int) -> int:
        """Length of the labels' array of a bucket."""
        return max(1, bucket_px // self.label_px)

    def holds(self, bucket_px: int, frames: int, characters: int) -> bool:
        """Whether a text that needs so many frames of CTC finds room in a bucket."""
        return frames * self.frame_px <= bucket_px and characters <= self.most_characters(bucket_px)

    def bucket_of(self, width_px: int) -> int:
        """The first bucket that holds a width; the last for wider ones."""
        return next((bucket for bucket in self.buckets if width_px <= bucket), self.widest_px)


def line_shape(cfg: Any, height_px: int, frame_px: int, stride: int = 1) -> LineShape:
    """``cfg.trainer.lines`` for a network.

    Args:
        cfg: its values.
        height_px, frame_px: of the network.
        stride: the buckets are widened to a multiple of it.
    """
    values = plain(cfg)
    buckets = tuple(-(-bucket // stride) * stride for bucket in values.pop("buckets"))
    return LineShape(height_px=height_px, frame_px=frame_px, buckets=buckets, **values)


@dataclass(frozen=True)
class PlannedLine:
    """A line before its image is there.

    Attributes:
        place: in the stream of samples.
        zoom, stretch: how it will be reframed.
        bucket_px: that it will fit.
    """

    place: int
    zoom: float
    stretch: float
    bucket_px: int


@dataclass(frozen=True)
class PlannedBatch:
    """The lines of a batch and its width in pixels, which none of theirs exceeds."""

    bucket_px: int
    lines: list[PlannedLine]


@dataclass(frozen=True)
class PlannedWindow:
    """Batches that are planned together, from the source as it was at that point of the training."""

    source: BaseSource
    batches: list[PlannedBatch]


class LinePlan:
    """Lines of an endless stream as batches, by step; a pure function of (seed, split, step) and of what is used of the budget.

    A window takes a stretch of the stream, in which every sample comes once an epoch, sorts it into buckets, and cuts
    these into whole batches; what is left of a bucket fills up with the widest lines of the next. The few batches that
    are more than a window holds are left out, by chance.

    Args:
        source: of lines.
        charset: tells how many frames a text needs.
        shape: how lines become arrays.
        seed: of order, and of whatever the samples leave open.
        rules: how texts are spelled.
        share: how much of the training is over at a step, 0..1: a mixture may change on the way.
    """

    def __init__(
        self, source: BaseSource, charset: Charset, shape: LineShape, seed: int, rules: TextRules, share: Callable[[int], float]
    ) -> None:
        self.source, self.charset, self.shape, self.seed, self.rules, self.share = source, charset, shape, seed, rules, share
        self.lines_a_window = self._count_lines()
        self._keep_windows()

    def batch(self, step: int) -> tuple[BaseSource, PlannedBatch]:
        """What the batch of a training step is made of, 0 and up."""
        turn, stream = divmod(step, self.shape.streams)
        number, place = divmod(turn + self._ahead(stream), self.shape.window)
        window = self._window(number * self.shape.streams + stream)
        return window.source, window.batches[place]

    def _ahead(self, stream: int) -> int:
        """Batches of its first window that a stream leaves out, so that the streams do not all begin a window at once."""
        return stream * self.shape.window // self.shape.streams

    def index(self, place: int) -> int:
        """The sample at a place of the stream: every epoch goes through all samples in another order, but a mixture draws."""
        epoch, position = divmod(place, len(self.source))
        return shuffled(position, len(self.source), seed=self.seed + epoch)

    def open(self, source: BaseSource, place: int) -> tuple[np.random.Generator, BaseSource, int]:
        """The random numbers of a place, the source that has its sample, and the sample's index in that."""
        rng = sample_rng(self.seed, source.split, place)
        return rng, *source.locate(self.index(place), rng)

    def line(self, source: BaseSource, place: int) -> PlannedLine:
        """How a line will be reframed, and what will hold it: exact for lines of known size, estimated for made ones."""
        shape = self.shape
        rng, part, index = self.open(source, place)
        size = part.size(index, rng)
        least = 0
        if not part.endless:
            spelled = self.charset.spell(self.rules.apply(part.text(index)))
            least = max(frames_needed(spelled) * shape.frame_px, len(spelled) * shape.label_px)
        reframing = np.random.default_rng([self.seed, place])
        zoom = reframing.uniform(*shape.zoom)
        width = width_at(size, max(1, round(shape.height_px * zoom)))
        stretches = reframing.uniform(*shape.stretch, STRETCHES)
        widths = [max(least, round(width * stretch)) for stretch in stretches]
        best = max(range(STRETCHES), key=lambda number: widths[number] / shape.bucket_of(widths[number]))
        return PlannedLine(place, zoom, float(stretches[best]), shape.bucket_of(widths[best]))

    def _count_lines(self) -> int:
        """How many lines make the batches of a window, at whatever point of the training most are needed."""
        places = range(min(PROBED, 4 * len(self.source)))
        needed = []
        for share in (0.0, 1.0):
            source = self.source.at(share)
            batches_a_line = np.mean([1 / self.shape.lines_of(self.line(source, place).bucket_px) for place in places])
            needed.append(SPARE * self.shape.window / batches_a_line)
        return int(np.ceil(max(needed)))

    def _plan(self, number: int) -> PlannedWindow:
        turn, stream = divmod(number, self.shape.streams)
        first_step = max(0, turn * self.shape.window - self._ahead(stream)) * self.shape.streams + stream
        source = self.source.at(self.share(first_step))
        places = range(number * self.lines_a_window, (number + 1) * self.lines_a_window)
        lines = [self.line(source, place) for place in places]
        rng = np.random.default_rng([self.seed, number])
        order = np.lexsort((rng.random(len(lines)), np.array([-line.bucket_px for line in lines])))
        batches = self._cut([lines[place] for place in order])
        chosen = np.resize(rng.permutation(len(batches)), self.shape.window)
        return PlannedWindow(source, [batches[place] for place in chosen])

    def _cut(self, lines: list[PlannedLine]) -> list[PlannedBatch]:
        """Batches from the widest lines to the narrowest; some of the narrowest come twice to make the last one whole."""
        batches: list[PlannedBatch] = []
        first = 0
        while first < len(lines):
            bucket = lines[first].bucket_px
            count = self.shape.lines_of(bucket)
            taken = lines[first : first + count]
            batches.append(PlannedBatch(bucket, [taken[place % len(taken)] for place in range(count)]))
            first += count
        return batches

    def _keep_windows(self) -> None:
        self._planned, self._lock = lru_cache(maxsize=2 + self.shape.streams)(self._plan), threading.Lock()

    def _window(self, number: int) -> PlannedWindow:
        """A window, planned once, whichever thread asks first."""
        with self._lock:
            return self._planned(number)

    def __getstate__(self) -> dict:
        return {name: value for name, value in self.__dict__.items() if name not in ("_planned", "_lock")}

    def __setstate__(self, state: dict) -> None:
        self.__dict__ |= state
        self._keep_windows()
