"""All words of a list alike."""

import numpy as np

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.writing.text import word_lists


@TEXT_SAMPLERS.register("uniform")
class UniformSampler(BaseTextSampler):
    """Draws every word of the language's list with the same chance; ``file`` as for ``frequency``."""

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        self.lists = word_lists(cfg["file"], languages, characters, power=0.0)

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        return [self.lists[language].draw(rng)]
