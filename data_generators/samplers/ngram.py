"""Text that a word n-gram model makes up."""

from pathlib import Path

import numpy as np

from base.errors import UserError
from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from utils.language.ngrams import NgramModel


@TEXT_SAMPLERS.register("ngram")
class NgramSampler(BaseTextSampler):
    """Runs of words from ``model``, an ARPA file of words or of characters as ``mode=learn_text`` writes it."""

    bare = False

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        if cfg["model"] is None:
            raise UserError("data.text.samplers.ngram.model: name an ARPA file, such as mode=learn_text writes")
        self.model = NgramModel.read(Path(cfg["model"]))

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        tokens = self.model.draw(rng, room if self.model.unit == "word" else 12 * room)
        return tokens[:room] if self.model.unit == "word" else "".join(tokens).replace("▁", " ").split()[:room]
