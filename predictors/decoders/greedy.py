"""The most likely class of every frame."""

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.registry import DECODERS


@DECODERS.register("greedy")
class GreedyDecoder(BaseDecoder):
    """Best path decoding (Graves et al. 2006, section 3.2): repeats are merged, blanks dropped."""

    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        best_BT = log_probabilities_BTC.argmax(axis=-1)
        return [
            [self._read(best[:frames], scores[:frames])]
            for best, scores, frames in zip(best_BT, log_probabilities_BTC, frames_B, strict=True)
        ]

    def _read(self, best_T: np.ndarray, scores_TC: np.ndarray) -> Reading:
        likely_T = np.take_along_axis(scores_TC, best_T[:, None], axis=1)[:, 0]
        spans = runs_of_characters(best_T)
        text = "".join(self.characters[place - 1] for place in best_T[spans[:, 0]])
        return Reading(text, float(likely_T.sum()), spans)


def runs_of_characters(best_T: np.ndarray) -> np.ndarray:
    """First and last frame of each run of one class that is not the blank, int32 (n, 2): a run is one character."""
    starts = np.flatnonzero(np.diff(best_T, prepend=-1))
    ends = np.append(starts[1:], len(best_T))
    inked = best_T[starts] > 0
    return np.stack([starts[inked], ends[inked] - 1], axis=1).astype(np.int32)
