"""Beam search with an n-gram model of words."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.registry import DECODERS
from predictors.decoders.search.ctc_beam import Search
from predictors.decoders.search.searching import letters_of, read_model, require_charset, search_lines
from utils.language.ngrams import BEGIN, END, UNKNOWN
from utils.language.tables import LexiconTables, NgramTables, lexicon_tables, ngram_tables, with_unknown


@DECODERS.register("word_ngram")
class WordNgramDecoder(BaseDecoder):
    """Adds ``weight`` times the log probability of each word under the model when the word ends.

    Words are what spaces separate, as in `mode=learn_text`. One that the model lacks costs ``unknown_word`` besides.
    """

    def __init__(self, cfg: Any, characters: tuple[str, ...]) -> None:
        super().__init__(cfg, characters)
        lexicon, words = shared_word_ngrams(cfg["model"], characters)
        self.search = Search(
            cfg["width"],
            math.log(cfg["least_probability"]),
            lexicon=lexicon,
            words=words,
            word_weight=cfg["weight"],
            unknown_word=cfg["unknown_word"],
            bonus=cfg["bonus"],
        )

    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        return search_lines(log_probabilities_BTC, frames_B, self.search, self.cfg["alternatives"] + 1, self.characters)


@lru_cache(maxsize=2)
def shared_word_ngrams(path: str, characters: tuple[str, ...]) -> tuple[LexiconTables, NgramTables]:
    """A model's words and n-grams as tables; reading it takes seconds, and tuning asks for it often."""
    model = read_model(path, "word", "decoder.model")
    require_charset(letters_of(model), characters, "decoder.model", path)
    words = [ngram[0] for ngram in model.entries if len(ngram) == 1 and ngram[0] not in (BEGIN, END, UNKNOWN)]
    numbers = {word: number for number, word in enumerate(words)}
    classes = {character: place for place, character in enumerate(characters, start=1)}
    inside = np.array([False, *(character != " " for character in characters)])
    return lexicon_tables(numbers.items(), classes, inside), ngram_tables(model, with_unknown(numbers.get))
