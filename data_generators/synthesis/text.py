"""Text to render: words of real languages by their frequency, with the numbers and punctuation of real pages."""

from functools import lru_cache
from itertools import islice

import numpy as np
from wordfreq import available_languages, get_frequency_dict

from base.errors import UserError
from base.registry import unknown_name

LIST_LENGTH = 20_000


@lru_cache(maxsize=16)
def word_list(language: str) -> tuple[tuple[str, ...], np.ndarray]:
    """The most frequent words of a language (an ISO 639-1 code) and their cumulative chances."""
    if language not in available_languages():
        raise UserError("data.languages: " + unknown_name("language", language, sorted(available_languages())))
    frequencies = islice(get_frequency_dict(language).items(), LIST_LENGTH)  # the most frequent come first
    words, counts = zip(*((word, frequency) for word, frequency in frequencies if word.isalpha()), strict=True)
    chances = np.array(counts) ** 0.7  # rare words oftener than in speech
    return words, np.cumsum(chances / chances.sum())


def sample_words(rng: np.random.Generator, languages: list[str], count: int) -> str:
    """``count`` words of one of the languages, capitalised and punctuated here and there, with some numbers."""
    words, cumulative = word_list(str(rng.choice(languages)))
    places = np.minimum(np.searchsorted(cumulative, rng.random(count)), len(words) - 1)
    return " ".join(_dress(rng, words[place]) for place in places)


def _dress(rng: np.random.Generator, word: str) -> str:
    kind = rng.random()
    if kind < 0.06:
        return str(rng.integers(0, 10 ** int(rng.integers(1, 5))))
    if kind < 0.22:
        word = word.capitalize()
    elif kind < 0.25:
        word = word.upper()
    ending = rng.random()
    if ending < 0.14:
        word += ".,;:!?"[int(rng.integers(6))]
    elif ending < 0.17:
        word = f"({word})"
    return word
