"""Lines of any source as batches of a few shapes: scaled, augmented, padded, encoded."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from base.errors import UserError
from base.source import BaseSource
from base.types import Sample
from data_generators.batches.plan import LinePlan, LineShape, PlannedLine
from data_generators.batches.readable import skips, tell
from data_generators.batches.soiler import LineSoiler
from preprocessing.augment import augment
from preprocessing.line_image import Frame, dark_on_light, level_paper, rows_of_line, scale_line, scale_mask
from preprocessing.text.charset import Charset, frames_needed
from preprocessing.text.rules import TextRules

MADE_AGAIN = 100  # times at most, where a made line has too many characters for its bucket


@dataclass(frozen=True)
class LineBatch:
    """Lines of one batch.

    Attributes:
        images: uint8 (B, H, W, 1), paper levelled to white, white beyond a line's end.
        widths: int32 (B,), true widths in pixels.
        labels: int32 (B, L), classes of `Charset`, 0 beyond a text's end; L belongs to W.
        lengths: int32 (B,), true lengths.
        ink: uint8 (B, H, W), bits of `Ink`; None where nothing is soiled.
        known: bool (B,), whether their ink is known everywhere.
    """

    images: np.ndarray
    widths: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray
    ink: np.ndarray | None
    known: np.ndarray


@dataclass(frozen=True)
class LineView:
    """One line as a batch takes it: uint8 (H, w), int32 (length,), uint8 (H, w) or None, and whether all of that ink is known."""

    image: np.ndarray
    classes: np.ndarray
    ink: np.ndarray | None
    is_known: bool


class LineBatches:
    """Batches of a source without end, by step; which lines they hold says `LinePlan`.

    There are as many shapes of batches as ``shape.buckets``: a backend that compiles does so once for each.

    Args:
        source: of lines.
        charset: its characters become classes.
        shape: how lines become arrays.
        seed: of order, and of whatever the samples leave open.
        rules: how texts are spelled.
        share: how much of the training is over at a step, 0..1, in the course of which a mixture may change; None leaves it as
            it begins.
        soiler: lays artifacts over the lines; None leaves them as they are.
    """

    def __init__(
        self,
        source: BaseSource,
        charset: Charset,
        shape: LineShape,
        seed: int,
        rules: TextRules | None = None,
        share: Callable[[int], float] | None = None,
        soiler: LineSoiler | None = None,
    ) -> None:
        self.charset, self.shape, self.seed, self.soiler = charset, shape, seed, soiler
        self.rules = rules or TextRules()
        self.plan = LinePlan(source, charset, shape, seed, self.rules, share or at_the_beginning)

    def batch(self, step: int) -> LineBatch:
        """The batch of a training step, 0 and up."""
        source, planned = self.plan.batch(step)
        views = list(filter(None, (self._view_or_none(source, line, planned.bucket_px) for line in planned.lines)))
        if not views:
            raise UserError(f"no line of a whole batch of {len(planned.lines)} can be read: look at them with mode=check_data")
        return self._stack([views[place % len(views)] for place in range(len(planned.lines))], planned.bucket_px)

    def _view_or_none(self, source: BaseSource, line: PlannedLine, bucket_px: int) -> LineView | None:
        """A line; None where it cannot be read and may be skipped: then another of its batch stands in for it."""
        try:
            return self._view(source, line, bucket_px)
        except UserError as fault:
            _, part, _ = self.plan.open(source, line.place)
            if part.endless or not skips(part):
                raise
            tell(str(fault))
            return None

    def blank(self, bucket_px: int) -> LineBatch:
        """A batch of a bucket's shape without lines."""
        line = LineView(np.full((self.shape.height_px, self.shape.frame_px), 255, np.uint8), np.zeros(0, np.int32), None, False)
        return self._stack([line] * self.shape.lines_of(bucket_px), bucket_px)

    def _view(self, source: BaseSource, line: PlannedLine, bucket_px: int) -> LineView:
        """A line, augmented and soiled, no wider than its bucket."""
        shape = self.shape
        rng, part, index = self.plan.open(source, line.place)
        sample, text = self._fitting(part, index, rng, bucket_px)
        image = dark_on_light(sample.image)
        rows = rows_of_line(image)
        frame = Frame.draw(rng, image[rows].shape, shape.height_px, zoom=line.zoom, stretch=line.stretch)
        width = max(min(frame.width, bucket_px), shape.frame_px * self.charset.frames_needed(text))
        image = scale_line(frame.image(image[rows]), shape.height_px, width)
        known = None if sample.ink is None else scale_mask(frame.mask(sample.ink[rows]), shape.height_px, width)
        if self.soiler is None:
            return LineView(level_paper(augment(rng, image, shape.strength).image), self.charset.encode(text), None, False)
        view = augment(rng, image, shape.strength, mask=known)
        image, ink = self.soiler.soil(rng, view.image, view.mask)
        return LineView(level_paper(image), self.charset.encode(text), ink, known is not None)

    def _fitting(self, part: BaseSource, index: int, rng: np.random.Generator, bucket_px: int) -> tuple[Sample, str]:
        """A line with its text as it is spelled; of a source that makes them up, one whose text finds room in its bucket."""
        for _ in range(MADE_AGAIN):
            sample = part.sample(index, rng)
            text = self.rules.apply(sample.text)
            spelled = self.charset.spell(text)
            if not part.endless or self.shape.holds(bucket_px, frames_needed(spelled), len(spelled)):
                return sample, text
        raise UserError(
            f"trainer.lines.buckets: {part.fingerprint()} makes no line that fits {bucket_px} px with at most "
            f"{self.shape.most_characters(bucket_px)} characters: give wider buckets, or a smaller trainer.lines.label_px"
        )

    def _stack(self, lines: list[LineView], bucket_px: int) -> LineBatch:
        images = np.full((len(lines), self.shape.height_px, bucket_px, 1), 255, np.uint8)
        labels = np.zeros((len(lines), self.shape.most_characters(bucket_px)), np.int32)
        ink = np.zeros(images.shape[:3], np.uint8) if self.soiler else None
        for row, line in enumerate(lines):
            images[row, :, : line.image.shape[1], 0] = line.image
            labels[row, : len(line.classes)] = line.classes
            if ink is not None and line.ink is not None:
                ink[row, :, : line.ink.shape[1]] = line.ink
        widths = np.array([line.image.shape[1] for line in lines], np.int32)
        lengths = np.array([len(line.classes) for line in lines], np.int32)
        return LineBatch(images, widths, labels, lengths, ink, np.array([line.is_known for line in lines]))


def at_the_beginning(step: int) -> float:
    """Of a training that changes nothing on its way."""
    return 0.0
