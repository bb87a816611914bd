"""Text to render: words of any language by samplers that are mixed by weight, dressed as on real pages."""

import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from babel import Locale, UnknownLocaleError
from wordfreq import available_languages, cB_to_freq, get_frequency_list

from base.errors import UserError
from base.registry import TEXT_SAMPLERS, unknown_name
from utils.files.whole import read_text

LIST_LENGTH = 20_000
ATTEMPTS = 40


@dataclass(frozen=True)
class WordList:
    """Words and their cumulative chances."""

    words: tuple[str, ...]
    cumulative: np.ndarray

    def draw(self, rng: np.random.Generator) -> str:
        """One word."""
        return self.words[min(int(np.searchsorted(self.cumulative, rng.random())), len(self.words) - 1)]


def word_lists(file: str | None, languages: list[str], characters: frozenset[str] | None, power: float) -> dict[str, WordList]:
    """A list of words for each language.

    Args:
        file: CSV of ``word,count`` with a header, for all languages alike; None takes wordfreq's lists.
        languages: ISO 639-1 codes.
        characters: words with others are left out; None keeps all.
        power: chances are counts to this power.

    Raises:
        UserError: an unknown language, a broken file, or no word that can be written in the charset.
    """
    lists = {}
    for language in languages:
        words, counts = _writable(file, language, characters)
        chances = counts**power
        lists[language] = WordList(words, np.cumsum(chances / chances.sum()))
    return lists


@lru_cache(maxsize=64)
def _writable(file: str | None, language: str, characters: frozenset[str] | None) -> tuple[tuple[str, ...], np.ndarray]:
    """The words of a list that the charset can write, and their counts; the samplers share them."""
    counted = _counted_in(Path(file)) if file else word_frequencies(language)
    kept = counted if characters is None else [(word, count) for word, count in counted if characters.issuperset(word)]
    if not kept:
        raise UserError(f"{file or f'data.languages: {language}'}: none of its words can be written in the charset")
    words, counts = zip(*kept, strict=True)
    return words, np.array(counts, dtype=float)


@lru_cache(maxsize=64)
def word_frequencies(language: str) -> tuple[tuple[str, float], ...]:
    """The most frequent words of a language and their frequencies, the most frequent first."""
    if language not in available_languages():
        raise UserError("data.languages: " + unknown_name("language", language, sorted(available_languages())))
    by_centibels = enumerate(get_frequency_list(language))
    listed = ((unicodedata.normalize("NFC", word), cB_to_freq(-place)) for place, words in by_centibels for word in words)
    return tuple((word, frequency) for word, frequency in islice(listed, LIST_LENGTH) if _is_word(word))


def common_words(language: str, count: int = 20) -> list[str]:
    """The most frequent words of a language."""
    return [word for word, _ in word_frequencies(language)[:count]]


def _is_word(word: str) -> bool:
    """Letters and the marks that belong to them, in any script."""
    return word.isalpha() or all(unicodedata.category(character)[0] in "LM" for character in word)


@lru_cache(maxsize=8)
def _counted_in(file: Path) -> tuple[tuple[str, float], ...]:
    if not file.is_file():
        raise UserError(f"data.text.samplers: there is no word list {file}")
    counted = []
    for number, row in enumerate(csv.reader(io.StringIO(read_text(file), newline="")), start=1):
        if (number == 1 and row[:1] == ["word"]) or not row:
            continue
        try:
            count = float(row[1])
            if not 0 < count < float("inf"):
                raise ValueError("no count")
            counted.append((unicodedata.normalize("NFC", row[0]), count))
        except (IndexError, ValueError) as error:
            raise UserError(f"{file}:{number}: a word list has the columns word,count, with counts above 0") from error
    if not counted:
        raise UserError(f"{file}: the word list is empty")
    return tuple(counted)


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """How a language writes dates and numbers; English where that is not known."""
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


class LineText:
    """Makes up the text of lines.

    Args:
        cfg: the values of ``configs/data/text/*.yaml``.
        languages: ISO 639-1 codes; each line is in one of them.
        characters: what may be written, or None for everything.

    Raises:
        UserError: an unknown sampler, or one that cannot work with its values.
    """

    def __init__(self, cfg: Mapping[str, Any], languages: list[str], characters: frozenset[str] | None) -> None:
        self.cfg = cfg
        self.languages = languages
        self.characters = characters
        used = {name: own for name, own in cfg["samplers"].items() if own["weight"] > 0}
        self.samplers = [TEXT_SAMPLERS.get(name)(own, languages, characters) for name, own in used.items()]
        weights = np.array([own["weight"] for own in used.values()], dtype=float)
        self.limits = np.cumsum(weights / weights.sum())
        self.endings = list(cfg["endings"])
        self.ending_limits = np.cumsum(np.array(list(cfg["endings"].values()), float) / sum(cfg["endings"].values()))

    def sample(self, rng: np.random.Generator) -> list[str]:
        """The words of a line, in reading order, in NFC, of allowed characters only; at least one."""
        low, high = self.cfg["words"]
        wanted = int(rng.integers(low, high + 1))
        language = self.languages[int(rng.integers(len(self.languages)))]
        words: list[str] = []
        for _ in range(ATTEMPTS + wanted):
            words += self._piece(rng, wanted - len(words), language)
            if len(words) >= wanted:
                return words[:wanted]
        if not words:
            raise UserError("data.text: its samplers yield no word that can be written in the charset")
        return words

    def _piece(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        sampler = self.samplers[min(int(np.searchsorted(self.limits, rng.random())), len(self.samplers) - 1)]
        words = sampler.words(rng, room, language)
        if sampler.bare:
            words = [self._dress(rng, word) for word in words]
        words = [unicodedata.normalize("NFC", word) for word in words]
        return [word for word in words if word and (self.characters is None or self.characters.issuperset(word))]

    def _dress(self, rng: np.random.Generator, word: str) -> str:
        """Gives a bare word a capital, or capitals, and punctuation, as often as the config says."""
        kind, ending = rng.random(2)
        if kind < self.cfg["capitalised"]:
            word = word[:1].upper() + word[1:]
        elif kind < self.cfg["capitalised"] + self.cfg["upper"]:
            word = word.upper()
        if ending < self.cfg["punctuated"]:
            mark = self.endings[min(int(np.searchsorted(self.ending_limits, rng.random())), len(self.endings) - 1)]
            word = mark.replace("w", word, 1) if "w" in mark else word + mark
        return word


@lru_cache(maxsize=16)
def word_list(language: str) -> tuple[tuple[str, ...], np.ndarray]:
    """A language's (an ISO 639-1 code) most frequent words, and their cumulative chances, float (words,), rare words raised."""
    words, counts = zip(*((word, count) for word, count in word_frequencies(language) if word.isalpha()), strict=True)
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
