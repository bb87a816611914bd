"""The characters that a reader knows, and text as their numbers."""

import itertools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from base.errors import UserError
from preprocessing.text.hangul import compose, has_jamo, to_jamo
from utils.files.whole import read_text


@dataclass(frozen=True)
class Charset:
    """Characters in a fixed order; a character's class is its place plus one, class 0 is the CTC blank.

    A charset with conjoining Hangul jamo writes every syllable as its jamo: 67 classes for all 11,172 of them.

    Attributes:
        characters: each once, in NFC; a letter whose accent NFC cannot join has two.
    """

    characters: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Charset":
        """The characters of some texts, sorted by code point."""
        return cls(tuple(sorted(set().union(*(unicodedata.normalize("NFC", text) for text in texts)))))

    @classmethod
    def read(cls, path: Path) -> "Charset":
        """A UTF-8 text file that holds every character; line ends do not count, a space always belongs to it.

        Raises:
            UserError: there is no such file, it is not UTF-8, or it has no characters.
        """
        if not path.is_file():
            raise UserError(f"{path}: there is no such charset file")
        text = read_text(path)
        characters = set(unicodedata.normalize("NFC", text)) - {"\n", "\r", "\t"}
        if not characters - {" "}:
            raise UserError(f"{path}: the charset file is empty; write every character into it")
        return cls.of([*characters, " "])

    def __len__(self) -> int:
        return len(self.characters)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The class of each character."""
        return {character: place for place, character in enumerate(self.characters, start=1)}

    @cached_property
    def in_jamo(self) -> bool:
        """Whether syllables are written as their jamo."""
        return has_jamo("".join(self.characters))

    def spell(self, text: str) -> str:
        """A text as the classes write it: in NFC, syllables as their jamo where the charset has those."""
        return to_jamo(text) if self.in_jamo else unicodedata.normalize("NFC", text)

    def missing(self, text: str) -> list[str]:
        """The characters of a text that the charset lacks, each once, in their order."""
        return list(dict.fromkeys(character for character in self.spell(text) if character not in self.numbers))

    def frames_needed(self, text: str) -> int:
        """How many frames CTC needs for a text; see `frames_needed`."""
        return frames_needed(self.spell(text))

    def encode(self, text: str) -> np.ndarray:
        """int32 (length,) classes of a text; raises ValueError for a character that the charset lacks."""
        missing = self.missing(text)
        if missing:
            raise ValueError(f"the charset lacks {' '.join(missing)}")
        return np.array([self.numbers[character] for character in self.spell(text)], np.int32)

    def decode(self, classes: Iterable[int]) -> str:
        """The text of classes 1 and up, in NFC; zeros are left out."""
        return compose("".join(self.characters[number - 1] for number in classes if number > 0))


def frames_needed(text: str) -> int:
    """How many frames CTC needs for a text as a charset spells it: one a character, and a blank between equal neighbours.

    Graves et al. 2006, section 3.
    """
    return len(text) + sum(first == second for first, second in itertools.pairwise(text))
