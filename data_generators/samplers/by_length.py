"""Words of every length alike: a reader that sees mostly short words learns mostly short words."""

from collections import defaultdict

import numpy as np

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.text import word_lists


@TEXT_SAMPLERS.register("by_length")
class ByLengthSampler(BaseTextSampler):
    """Draws a length from 1 to ``longest``, then one of the list's words of that length; ``file`` as for ``frequency``."""

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        self.of_length: dict[str, list[list[str]]] = {}
        for language, listed in word_lists(cfg["file"], languages, characters, power=0.0).items():
            groups = defaultdict(list)
            for word in listed.words:
                if len(word) <= cfg["longest"]:
                    groups[len(word)].append(word)
            self.of_length[language] = [groups[length] for length in sorted(groups)] or [list(listed.words)]

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        groups = self.of_length[language]
        group = groups[int(rng.integers(len(groups)))]
        return [group[int(rng.integers(len(group)))]]
