"""Words as often as the language uses them."""

import numpy as np

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.writing.text import WordList, word_lists


@TEXT_SAMPLERS.register("frequency")
class FrequencySampler(BaseTextSampler):
    """Draws words by frequency to a power: 1 as in the language, 0 all alike; 0.7 shows rare words oftener.

    ``file`` is a CSV of ``word,count`` as ``mode=learn_text`` writes it; null takes wordfreq's list of the language.
    """

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        self.lists = word_lists(cfg["file"], languages, characters, cfg["power"])

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        listed: WordList = self.lists[language]
        return [listed.draw(rng)]
