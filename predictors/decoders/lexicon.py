"""Beam search among the words of a list."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.registry import DECODERS
from predictors.decoders.search.ctc_beam import Search
from predictors.decoders.search.searching import require_charset, search_lines
from predictors.decoders.search.words import read_words
from utils.language.tables import LexiconTables, lexicon_tables


@DECODERS.register("lexicon")
class LexiconDecoder(BaseDecoder):
    """Words of the list are free, others cost ``unknown_word`` (word beam search, Scheidl et al. 2018).

    Digits, punctuation and whatever else is in none of the words separates words and is free. A word counts with a
    capital and in capitals too. With ``unknown_word`` far below 0 only the list's words are read.
    """

    def __init__(self, cfg: Any, characters: tuple[str, ...]) -> None:
        super().__init__(cfg, characters)
        self.search = Search(
            cfg["width"],
            math.log(cfg["least_probability"]),
            lexicon=shared_lexicon(cfg["words"], characters),
            unknown_word=cfg["unknown_word"],
            bonus=cfg["bonus"],
        )

    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        return search_lines(log_probabilities_BTC, frames_B, self.search, self.cfg["alternatives"] + 1, self.characters)


@lru_cache(maxsize=2)
def shared_lexicon(path: str, characters: tuple[str, ...]) -> LexiconTables:
    """A list's words, and their forms with capitals, as tables."""
    words = dict.fromkeys(form for word in read_words(path) for form in (word, word.capitalize(), word.upper()))
    letters = set().union(*words)
    require_charset(letters, characters, "decoder.words", path)
    classes = {character: place for place, character in enumerate(characters, start=1)}
    inside = np.array([False, *(character in letters for character in characters)])
    return lexicon_tables(((word, number) for number, word in enumerate(words)), classes, inside)
