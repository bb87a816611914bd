"""Where samples come from."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from base.types import Sample


@dataclass(frozen=True)
class LeftOut:
    """A sample that a source does not offer.

    Attributes:
        where: the file, and the line or place in it.
        reason: why, in a few words.
        fault: whether something is wrong with the data; False where the config asked for it.
    """

    where: str
    reason: str
    fault: bool


class BaseSource(ABC):
    """A collection of samples of one split, by index; it keeps an index in memory, never images.

    Args:
        cfg: the values of the data config that chose this source.
        split: ``train``, ``val`` or ``test``.

    Raises:
        UserError: the collection cannot be found or has no samples of this split.
    """

    endless = False  # whether it makes its samples up, so that there are as many as are asked for

    def __init__(self, cfg: Any, split: str) -> None:
        self.cfg = cfg
        self.split = split
        self.left_out: list[LeftOut] = []

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

        Raises:
            UserError: its image cannot be read; names the file.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """A short text that changes when the collection does."""

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        """Height and width of a sample in pixels; sources that can tell without decoding it do."""
        height, width = self.sample(index, rng).image.shape[:2]
        return height, width

    def text(self, index: int) -> str:
        """A sample's text; sources that can tell without decoding the image do."""
        return self.sample(index, np.random.default_rng(0)).text

    def locate(self, index: int, rng: np.random.Generator) -> tuple["BaseSource", int]:
        """The part that has a sample, and the sample's index in it; a mixture draws the part with the first roll of ``rng``."""
        return self, index

    def at(self, progress: float) -> "BaseSource":
        """The source as it is at a point of the training, 0..1; mixtures may change their proportions on the way."""
        return self

    def parts(self) -> dict[str, "BaseSource"]:
        """The sources that this one is made of by name; itself where it is of one piece."""
        return {"": self}

    def where(self, index: int) -> str:
        """The file that holds a sample, and the line or place in it."""
        return f"sample {index} of {self.split}"

    def extras(self, index: int) -> dict[str, bytes]:
        """What is stored of a sample besides its image and its text, by `base.writer.EXTRAS`."""
        return {}

    def encoded(self, index: int) -> tuple[bytes, str] | None:
        """A sample's image file as it is stored, and its suffix; None where a sample is not a file of its own."""
        return None
