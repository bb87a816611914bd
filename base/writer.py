"""Where samples go to."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from base.types import Origin

EXTRAS = ("mask.png", "glyphs.json")  # what may be known of a sample besides, as mode=generate truth=true writes it


@dataclass(frozen=True)
class Record:
    """A sample as it is stored.

    Attributes:
        name: what it was called where it came from.
        content: an image file's bytes.
        suffix: the file name suffix that goes with them.
        text: its transcription.
        group: the writer, page, font or other unit that must not be split.
        origin: whether it is real or synthetic.
        extras: what else is known, as files by kind: ``mask.png``, ``glyphs.json``.
    """

    name: str
    content: bytes
    suffix: str
    text: str
    group: str
    origin: Origin = Origin.REAL
    extras: dict[str, bytes] = field(default_factory=dict)


class BaseWriter(ABC):
    """Stores the samples of one split, in order; what was committed survives a crash.

    Args:
        folder: the whole set's folder, which exists.
        split: ``train``, ``val`` or ``test``.
        total: how many samples the split will have.
    """

    def __init__(self, folder: Path, split: str, total: int) -> None:
        self.folder = folder
        self.split = split
        self.total = total

    @abstractmethod
    def done(self) -> int:
        """How many samples are committed: the next one to write is this one."""

    @abstractmethod
    def write(self, records: list[Record]) -> None:
        """Stores and commits samples.

        Raises:
            UserError: the disk is full, or a text cannot be held by the format.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends the split."""
