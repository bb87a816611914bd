"""Prefix beam search without a language model."""

import math

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.registry import DECODERS
from predictors.decoders.search.ctc_beam import Search
from predictors.decoders.search.searching import search_lines


@DECODERS.register("beam")
class BeamDecoder(BaseDecoder):
    """The texts whose alignments together are most likely, of those that a beam finds."""

    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        search = Search(self.cfg["width"], math.log(self.cfg["least_probability"]))
        return search_lines(log_probabilities_BTC, frames_B, search, self.cfg["alternatives"] + 1, self.characters)
