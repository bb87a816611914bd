"""Prefix beam search without a language model."""

import math

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.registry import DECODERS
from predictors.decoders.searching import search_lines
from utils.ctc_beam import Search


@DECODERS.register("beam")
class BeamDecoder(BaseDecoder):
    """The texts whose alignments together are most likely, of those that a beam finds; see `utils.ctc_beam`."""

    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        search = Search(self.cfg["width"], math.log(self.cfg["least_probability"]))
        return search_lines(log_probabilities_BTC, frames_B, search, self.cfg["alternatives"] + 1, self.characters)
