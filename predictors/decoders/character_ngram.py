"""Beam search with an n-gram model of characters."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.registry import DECODERS
from predictors.decoders.search.ctc_beam import Search
from predictors.decoders.search.searching import by_character, letters_of, read_model, require_charset, search_lines
from utils.language.ngrams import SPACE
from utils.language.packed import characters_of_packed, unpack_ngrams
from utils.language.shipped import SUFFIX, language_model
from utils.language.tables import NgramTables, ngram_tables, with_unknown


@DECODERS.register("character_ngram")
class CharacterNgramDecoder(BaseDecoder):
    """Adds ``weight`` times the log probability of the text under the model, and ``bonus`` a character (Graves & Jaitly 2014)."""

    def __init__(self, cfg: Any, characters: tuple[str, ...]) -> None:
        super().__init__(cfg, characters)
        self.search = Search(
            cfg["width"],
            math.log(cfg["least_probability"]),
            characters=shared_ngrams(cfg["model"], characters),
            character_weight=cfg["weight"],
            bonus=cfg["bonus"],
        )

    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        return search_lines(log_probabilities_BTC, frames_B, self.search, self.cfg["alternatives"] + 1, self.characters)


@lru_cache(maxsize=4)
def shared_ngrams(name: str, characters: tuple[str, ...]) -> NgramTables:
    """A model's tables, read once for all readers of a process. A line begins as a word does."""
    path = language_model(name)
    if path.suffix == SUFFIX:
        require_charset(set(characters_of_packed(path)), characters, "decoder.model", name)
        return unpack_ngrams(path, characters)
    model = read_model(name, "character", "decoder.model")
    require_charset(letters_of(model), characters, "decoder.model", name)
    return ngram_tables(model, with_unknown(by_character(characters)), start=(SPACE,))
