"""Words of every length alike: a reader that sees mostly short words learns mostly short words."""

import numpy as np

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.writing.text import word_lists


@TEXT_SAMPLERS.register("by_length")
class ByLengthSampler(BaseTextSampler):
    """Draws a length from 1 to ``longest``, then one of the list's words of that length; ``file`` as for ``frequency``."""

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        self.lists = word_lists(cfg["file"], languages, characters, power=0.0)
        self.places: dict[str, list[np.ndarray]] = {}
        for language, listed in self.lists.items():
            lengths = np.fromiter(map(len, listed.words), np.int64, len(listed.words))
            present = [length for length in range(1, cfg["longest"] + 1) if (lengths == length).any()]
            self.places[language] = [np.flatnonzero(lengths == length) for length in present] or [np.arange(len(lengths))]

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        groups = self.places[language]
        group = groups[int(rng.integers(len(groups)))]
        return [self.lists[language].words[group[int(rng.integers(len(group)))]]]
