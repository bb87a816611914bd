"""Which samples of a source are measured: always the same ones, spread evenly over it."""

from typing import Any

import numpy as np

from base.errors import UserError
from base.source import BaseSource
from base.types import Sample
from data_generators.batches.readable import skips, tell
from data_generators.sources.reading.opening import sample_or_reason
from utils.files.images import UnreadableImage


class MeasuredSamples:
    """All samples of a source, or as many as asked for; of a mixture its real parts, where it has some.

    Args:
        source: of a split.
        most: how many at most; None for all.
        most_synthetic: how many of a part that makes them up, if ``most`` is None; None for as many as it offers.
        name: what a source is called that is of one piece.
    """

    def __init__(self, source: BaseSource, most: int | None, most_synthetic: int | None, name: str) -> None:
        parts = source.parts()
        self.parts = {name: part for name, part in parts.items() if not part.endless} or parts
        self.name = name
        places = [
            (name, place)
            for name, part in self.parts.items()
            for place in range(min(len(part), (most or most_synthetic or len(part)) if part.endless else len(part)))
        ]
        count = min(len(places), most or len(places))
        chosen = [places[int(place)] for place in np.linspace(0, len(places) - 1, count).round()]
        self.chosen = [place for place in chosen if self._can_be_read(*place)]
        if not self.chosen:
            raise UserError(f"none of the {len(chosen)} samples to measure on can be read: look at them with mode=check_data")

    def _can_be_read(self, name: str, place: int) -> bool:
        """Whether a sample is measured: one that cannot be read and may be skipped is not, and it is said."""
        part = self.parts[name]
        if part.endless or not skips(part):
            return True
        reason = sample_or_reason(part, place)
        if isinstance(reason, UnreadableImage):
            tell(str(reason))
        return not isinstance(reason, UnreadableImage)

    def __len__(self) -> int:
        return len(self.chosen)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """A sample as its source has it; its tag ``source`` is the name of its part."""
        name, place = self.chosen[index % len(self.chosen)]
        sample = self.parts[name].sample(place, rng)
        sample.tags["source"] = name or self.name
        return sample

    def text(self, index: int) -> str:
        """What `sample` shows; the image is not decoded where the source can do without."""
        name, place = self.chosen[index % len(self.chosen)]
        return self.parts[name].text(place)


def most_measured(run: Any, split: str) -> int | None:
    """How many samples of a split are measured at most, as the whole config says; None for all."""
    return run.validation_samples if split == "val" else run.test_samples
