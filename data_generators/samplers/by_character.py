"""Every character of the charset alike, in words that have it: rare letters are seen too."""

import numpy as np

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.writing.text import word_lists


@TEXT_SAMPLERS.register("by_character")
class ByCharacterSampler(BaseTextSampler):
    """Draws a character, then a word with it; a character that no word has is put before or after one.

    ``file`` as for ``frequency``. Without a charset, the characters are those of the words.
    """

    def __init__(self, cfg, languages, characters) -> None:
        super().__init__(cfg, languages, characters)
        self.lists = word_lists(cfg["file"], languages, characters, power=0.5)
        self.drawn = {
            language: sorted((characters or set().union(*listed.words)) - {" "}) for language, listed in self.lists.items()
        }
        self.holders: dict[tuple[str, str], list[str]] = {}  # words with a character, found when it is first drawn

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        """One word that has a character drawn from all alike; a made-up one where no word of the language has it."""
        characters = self.drawn[language]
        character = characters[int(rng.integers(len(characters)))]
        if (language, character) not in self.holders:
            self.holders[language, character] = [word for word in self.lists[language].words if character in word]
        found = self.holders[language, character]
        if found:
            return [found[int(rng.integers(len(found)))]]
        word = self.lists[language].draw(rng)
        return [character + word if rng.random() < 0.5 else word + character]
