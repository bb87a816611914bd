"""Pieces of real text, word for word."""

import mmap
from pathlib import Path

import numpy as np

from base.errors import UserError
from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from utils.language.corpus import corpus_files

LONGEST_WORD = 24  # characters
WINDOW_BYTES = 600  # enough for a line of words in any script


@TEXT_SAMPLERS.register("corpus")
class CorpusSampler(BaseTextSampler):
    """Cuts consecutive words from random places of the plain-text files in ``folder``; nothing is read into memory."""

    bare = False

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        if cfg["folder"] is None:
            raise UserError("data.text.samplers.corpus.folder: name a folder of plain-text files")
        self.paths = corpus_files(Path(cfg["folder"]))
        self.limits = np.cumsum([path.stat().st_size for path in self.paths])
        self.texts: dict[int, mmap.mmap] = {}

    def __getstate__(self) -> dict:
        """Open files do not travel to other processes."""
        return {**self.__dict__, "texts": {}}

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        place = int(rng.integers(self.limits[-1]))
        number = int(np.searchsorted(self.limits, place, side="right"))
        text = self._open(number)
        start = min(place - int(self.limits[number - 1] if number else 0), max(0, len(text) - WINDOW_BYTES))
        window = text[start : start + WINDOW_BYTES].decode("utf-8", errors="ignore").split()
        whole = window[1:-1] if len(window) > 2 else window  # the ends may be cut through
        return [_piece(rng, word) for word in whole[:room]]

    def _open(self, number: int) -> mmap.mmap:
        if number not in self.texts:
            with self.paths[number].open("rb") as file:
                self.texts[number] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self.texts[number]


def _piece(rng: np.random.Generator, word: str) -> str:
    """A word, or a piece of what no white space parts: scripts without spaces, long addresses."""
    if len(word) <= LONGEST_WORD:
        return word
    start = int(rng.integers(len(word) - LONGEST_WORD + 1))
    return word[start : start + int(rng.integers(1, LONGEST_WORD + 1))]
