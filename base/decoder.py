"""From what a network says of each frame to texts."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Reading:
    """A text that a line may say.

    Attributes:
        text: in NFC.
        log_probability: natural logarithm of what the decoder gives the text; comparable within one line only.
        frames: for each character the first and the last frame that stand for it, int32 (length, 2).
        places: where the middle of each character is, in frames, float (length,); None where `frames` say so.
    """

    text: str
    log_probability: float
    frames: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    places: np.ndarray | None = None

    def middles(self) -> np.ndarray:
        """Where the characters are, in frames; float (length,)."""
        return self.places if self.places is not None else (self.frames.sum(axis=1) + 1) / 2


class BaseDecoder(ABC):
    """Turns log probabilities into texts.

    Args:
        cfg: the values of ``configs/decoder/<name>.yaml``.
        characters: the text of each class from 1 on; class 0 is the CTC blank.
    """

    def __init__(self, cfg: Any, characters: tuple[str, ...]) -> None:
        self.cfg = cfg
        self.characters = characters

    @abstractmethod
    def decode(self, log_probabilities_BTC: np.ndarray, frames_B: np.ndarray) -> list[list[Reading]]:
        """The best readings of each line, best first, at least one each.

        Args:
            log_probabilities_BTC: float32, normalised over the classes.
            frames_B: true numbers of frames; what comes after them is not looked at.
        """
