"""Every character of the charset alike, in words that have it: rare letters are seen too."""

from collections import defaultdict

import numpy as np

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.text import word_lists


@TEXT_SAMPLERS.register("by_character")
class ByCharacterSampler(BaseTextSampler):
    """Draws a character, then a word with it; a character that no word has is put before or after one.

    ``file`` as for ``frequency``. Without a charset, the characters are those of the words.
    """

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        self.lists = word_lists(cfg["file"], languages, characters, power=0.5)
        self.holders: dict[str, dict[str, list[str]]] = {}
        for language, listed in self.lists.items():
            holders: dict[str, list[str]] = defaultdict(list)
            for word in listed.words:
                for character in set(word):
                    holders[character].append(word)
            self.holders[language] = {character: holders.get(character, []) for character in sorted(characters or holders)}
            self.holders[language].pop(" ", None)

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        holders = self.holders[language]
        character = list(holders)[int(rng.integers(len(holders)))]
        found = holders[character]
        if found:
            return [found[int(rng.integers(len(found)))]]
        word = self.lists[language].draw(rng)
        return [character + word if rng.random() < 0.5 else word + character]
