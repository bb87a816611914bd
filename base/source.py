"""Where samples come from."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from base.types import Sample


class BaseSource(ABC):
    """A collection of samples of one split, by index; it keeps an index in memory, never images.

    Args:
        cfg: the values of the data config that chose this source.
        split: ``train``, ``val`` or ``test``.

    Raises:
        UserError: the collection cannot be found or has no samples of this split.
    """

    def __init__(self, cfg: Any, split: str) -> None:
        self.cfg = cfg
        self.split = split

    @abstractmethod
    def __len__(self) -> int:
        """How many samples there are; sources that make samples state how many they will make."""

    @abstractmethod
    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        """One sample.

        Args:
            index: 0 to ``len(self) - 1``.
            rng: decides whatever the index leaves open; the same rng state gives the same sample.
            canvas_HW: the size that is wanted, for sources that can choose; others return what they have.
        """

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        """Height and width of a sample in pixels; sources that can tell without decoding it do."""
        height, width = self.sample(index, rng).image.shape[:2]
        return height, width

    @abstractmethod
    def fingerprint(self) -> str:
        """A short text that changes when the collection does."""
