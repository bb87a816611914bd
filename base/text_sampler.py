"""Where the words of synthetic lines come from."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np


class BaseTextSampler(ABC):
    """One component of the mixture that makes up a line's text.

    Args:
        cfg: the sampler's own values, ``data.text.samplers.<name>``.
        languages: ISO 639-1 codes that lines are written in.
        characters: what may be written, or None for everything.

    Raises:
        UserError: a file that the values name is missing or empty, or a language is unknown.
    """

    bare = True  # its words have no capitals or punctuation of their own

    def __init__(self, cfg: Any, languages: list[str], characters: frozenset[str] | None) -> None:
        self.cfg = cfg
        self.languages = languages
        self.characters = characters

    @abstractmethod
    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        """One to ``room`` words in a language, in reading order."""
