"""Beam search with an n-gram model of characters."""

import math
from typing import Any

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.registry import DECODERS
from predictors.decoders.searching import by_character, letters_of, read_model, require_charset, search_lines
from utils.ctc_beam import Search
from utils.language_tables import ngram_tables
from utils.ngrams import SPACE


@DECODERS.register("character_ngram")
class CharacterNgramDecoder(BaseDecoder):
    """Adds ``weight`` times the log probability of the text under the model, and ``bonus`` a character (Graves & Jaitly 2014)."""

    def __init__(self, cfg: Any, characters: tuple[str, ...]) -> None:
        super().__init__(cfg, characters)
        model = read_model(cfg["model"], "character", "decoder.model")
        require_charset(letters_of(model), characters, "decoder.model", cfg["model"])
        self.search = Search(
            cfg["width"],
            math.log(cfg["least_probability"]),
            characters=ngram_tables(model, by_character(model, characters), start=(SPACE,)),
            character_weight=cfg["weight"],
            bonus=cfg["bonus"],
        )

    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        return search_lines(log_probabilities_BTC, frames_B, self.search, self.cfg["alternatives"] + 1, self.characters)
