"""Which words of a typed text the language model thinks unusual: where a person may have slipped."""

from functools import lru_cache

import numpy as np

from predictors.decoders.character_ngram import shared_ngrams
from utils.language.packed import characters_of_packed
from utils.language.shipped import language_model
from utils.language.tables import NgramTables

UNUSUAL = -5.0  # mean natural logarithm of a word's two least likely characters; `tests/benchmarks/slips.py` measures it
LEAST_LIKELY = 2  # a slip makes itself felt in the character that is wrong and in the next one


def unusual_words(text: str, language: str) -> list[tuple[int, int]]:
    """Where the unusual words of a text begin and end.

    Args:
        text: of one line.
        language: a shipped model.
    """
    tables, classes = tables_of(language)
    scores = character_scores(text, tables, classes)
    found, start = [], 0
    for word in text.split(" "):
        end = start + len(word)
        own = np.sort(scores[start : end + 1])[:LEAST_LIKELY]  # the space behind it is likely after a whole word alone
        if word and own.mean() < UNUSUAL:
            found.append((start, end))
        start = end + 1
    return found


@lru_cache(maxsize=4)
def tables_of(language: str) -> tuple[NgramTables, dict[str, int]]:
    """A shipped model, and the class of each of its characters."""
    characters = tuple(characters_of_packed(language_model(language)))
    return shared_ngrams(language, characters), {character: place for place, character in enumerate(characters, start=1)}


def character_scores(text: str, tables: NgramTables, classes: dict[str, int]) -> np.ndarray:
    """float (length + 1,): the natural logarithm of the probability of each character, and of a space at the end."""
    scores, state = [], tables.start
    for character in text + " ":
        score, state = step(tables, state, classes.get(character, -1))
        scores.append(score)
    return np.array(scores)


def step(tables: NgramTables, state: int, token: int) -> tuple[float, int]:
    """The score of a token in a state, and the state after it; contexts get shorter until one knows the token."""
    cost = 0.0
    while True:
        first, last = int(tables.first[state]), int(tables.first[state + 1])
        place = first + int(np.searchsorted(tables.tokens[first:last], token))
        if place < last and tables.tokens[place] == token:
            return cost + float(tables.scores[place]), int(tables.following[place])
        if state == 0:
            return cost + tables.unknown, 0
        cost += float(tables.backoff[state])
        state = int(tables.shorter[state])
