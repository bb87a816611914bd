"""What passes between the rooms: samples, batches, predictions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import UserError


class Ink(IntFlag):
    """What a pixel holds, one bit each, so that a whole truth fits one lossless uint8 image."""

    RULES = 1  # rules, leaders, boxes, combs, grids, margins
    MARKS = 2  # underlines and strike-throughs
    STAINS = 4  # smudges, stamps, speckle, bleed-through
    FOREIGN = 8  # words and fragments that belong to another line
    TEXT = 16
    UNSURE = 128  # the truth is not known here: training leaves the pixel out


FAMILIES = {"rules": Ink.RULES, "marks": Ink.MARKS, "stains": Ink.STAINS, "foreign": Ink.FOREIGN}
ARTIFACT = Ink.RULES | Ink.MARKS | Ink.STAINS | Ink.FOREIGN


@dataclass(frozen=True)
class WordBox:
    """Where a word stands: left, right and baseline in pixels, and its x-height in pixels."""

    left: float
    right: float
    baseline: float
    x_height: float


@dataclass(frozen=True)
class GlyphBox:
    """Where the ink of a glyph lies, in pixels, and the characters that it stands for."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class PageLine:
    """A line of writing on a page.

    Attributes:
        baseline: float (n, 2), n at least 2: x and y in pixels, in the direction of reading.
        x_height: pixels.
        text: what it says, empty where that is not known.
    """

    baseline: np.ndarray
    x_height: float
    text: str = ""

    def scaled(self, scale: float, left: float = 0.0, top: float = 0.0) -> "PageLine":
        """The same line in a page that was cut at a corner, in its old pixels, and then scaled."""
        return PageLine((self.baseline - (left, top)) * scale, self.x_height * scale, self.text)


class LayoutInk(IntFlag):
    """What a pixel of a page means for its layout, one bit each."""

    BASELINE = 1  # a thin band along the lines' baselines
    END = 2  # where a line begins or ends
    BODY = 4  # from a baseline up to its x-height


class Origin(StrEnum):
    """Where a picture comes from; data sets may state it in a column ``origin``."""

    REAL = "real"  # a person wrote it on paper
    SYNTHETIC = "synthetic"  # it was drawn by a program

    @classmethod
    def stated(cls, value: str | None) -> "Origin":
        """As a data set states it, which need not: then it is real; raises UserError for any other word."""
        if value in (None, "", *cls):
            return cls(value or cls.REAL)
        raise UserError(f"its origin is {value!r}; it is {' or '.join(cls)}, or left out")


@dataclass
class Sample:
    """One image with what is known about it.

    Attributes:
        image: uint8, (H, W) grey or (H, W, 3) RGB, 0 black to 255 white.
        text: its transcription, empty where there is none.
        group: the writer, page, font or other unit that must not be split between train and test.
        path: the file it came from, or None where it has none of its own.
        origin: whether it is real or synthetic, as its source says.
        ink: uint8 (H, W), bits of `Ink`, or None where no truth is known.
        clean: the image without artifacts, of the shape of `image`, or None.
        words: where the words stand, empty where unknown.
        glyphs: where the glyphs stand, from left to right, empty where unknown.
        parts: float32 (count, H, W), how much each place belongs to each part of the text, such as the jamo; None where unknown.
        lines: of a whole page, in reading order; empty where unknown.
        tags: facts to group results by, such as ``{"hand": "print", "kinds": "box+underline"}``.
    """

    image: np.ndarray
    text: str = ""
    group: str = ""
    path: Path | None = None
    origin: Origin = Origin.REAL
    ink: np.ndarray | None = None
    clean: np.ndarray | None = None
    words: list[WordBox] = field(default_factory=list)
    glyphs: list[GlyphBox] = field(default_factory=list)
    parts: np.ndarray | None = None
    lines: list[PageLine] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def truth(self) -> np.ndarray:
        """`ink`, uint8 (H, W), for samples that have it; raises ValueError for others."""
        if self.ink is None:
            raise ValueError(f"the truth about {self.path or 'this sample'} is not known")
        return self.ink


@dataclass(frozen=True)
class Batch:
    """What a network is fed: inputs and targets, arrays (or dicts of arrays by name) with the batch axis first."""

    inputs: Any
    targets: Any


def _no_files(stem: Path) -> dict[str, Path]:
    return {}


def _no_kind(path: Path) -> None:
    return None


@dataclass
class Prediction:
    """What a predictor says about one picture.

    Attributes:
        image: the picture's name: its path, or what its file is called in the input; empty for pixels and bytes.
        values: what goes into predictions.jsonl beside the name.
        error: one line where the picture could not be processed; then there are no values.
        result: what the values were made of, as the task's own code has it; None where there is an error.
        draw: makes `pictures`.
        write: does what `save` says for a path without suffix.
        write_one: the same for a path whose end names one kind of file; None where it names none.
    """

    image: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    result: Any = None
    draw: Callable[[], dict[str, np.ndarray]] = field(default=dict, repr=False, compare=False)
    write: Callable[[Path], dict[str, Path]] = field(default=_no_files, repr=False, compare=False)
    write_one: Callable[[Path], dict[str, Path] | None] = field(default=_no_kind, repr=False, compare=False)

    @property
    def text(self) -> str:
        """What was read; empty where nothing was, or where the task does not read. Raises UserError where there is an error."""
        if self.error is not None:
            raise UserError(f"{self.image}: {self.error}" if self.image else self.error)
        return self.values.get("text", "")

    @property
    def confidence(self) -> float | None:
        """0..1, how likely it is right; None where the task does not say."""
        return self.values.get("confidence")

    @cached_property
    def pictures(self) -> dict[str, np.ndarray]:
        """Pictures that belong to the answer by name, uint8, such as the cleaned image and its mask; drawn when asked for."""
        return self.draw()

    def save(self, path: Path | str) -> dict[str, Path]:
        """Writes the files that belong to the answer, such as a cleaned picture or a page's PDF.

        Args:
            path: where to, without suffix: ``out/page_3`` gives ``out/page_3.png`` and so on. ``out/page_3.alto.xml``,
                ``.page.xml``, ``.pdf`` or ``.txt`` gives that file alone, where the task writes such.

        Returns:
            The files by kind; none where the answer is its values alone.

        Raises:
            UserError: a file cannot be written, or there is an error instead of an answer.
        """
        if self.error is not None:
            raise UserError(f"there is nothing to save: {self.error}")
        path = Path(path)
        if (written := self.write_one(path)) is not None:
            return written
        if path.suffix == ".txt" and "text" in self.values:
            return {"txt": self._write_text(path)}
        return self.write(path)

    def _write_text(self, path: Path) -> Path:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.text + "\n", encoding="utf-8")
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror or error}") from error
        return path
