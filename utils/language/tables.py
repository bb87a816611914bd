"""Language models as arrays that a compiled beam search can walk: n-grams as an automaton, words as a trie."""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from utils.language.ngrams import UNKNOWN, Ngram, NgramModel

LN10 = math.log(10.0)
UNKNOWN_TOKEN = -2  # what every token that the model does not have counts as, where the model knows of such


class NgramTables(NamedTuple):
    """An n-gram model as an automaton with back-off; state 0 is the empty context.

    A state's tokens lie between ``first[state]`` and ``first[state + 1]``, sorted.

    Attributes:
        first: int32 (states + 1,).
        tokens: int32 (arcs,).
        scores: float64 (arcs,), natural logarithms.
        following: int32 (arcs,), the state after the token.
        shorter: int32 (states,), the state with the oldest token forgotten; -1 for state 0.
        backoff: float64 (states,), what going there costs.
        unknown: natural logarithm of a token that the model does not have.
        start: the state to begin in.
    """

    first: np.ndarray
    tokens: np.ndarray
    scores: np.ndarray
    following: np.ndarray
    shorter: np.ndarray
    backoff: np.ndarray
    unknown: float
    start: int


def with_unknown(number: Callable[[str], int | None]) -> Callable[[str], int | None]:
    """The numbers of tokens, that of those outside of a model among them: what comes after one is scored as the model says."""
    return lambda token: UNKNOWN_TOKEN if token == UNKNOWN else number(token)


class LexiconTables(NamedTuple):
    """Words as a trie; node 0 is the root.

    Attributes:
        first: int32 (nodes + 1,), where a node's classes begin in ``classes``.
        classes: int32 (arcs,), sorted within a node.
        following: int32 (arcs,).
        word: int32 (nodes,), the number of the word that ends here, or -1.
        inside: bool (classes,), whether a class belongs to words; the others end them.
    """

    first: np.ndarray
    classes: np.ndarray
    following: np.ndarray
    word: np.ndarray
    inside: np.ndarray


NO_NGRAMS = NgramTables(
    np.zeros(2, np.int32),
    np.zeros(0, np.int32),
    np.zeros(0),
    np.zeros(0, np.int32),
    np.full(1, -1, np.int32),
    np.zeros(1),
    0.0,
    0,
)
NO_LEXICON = LexiconTables(
    np.zeros(2, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32), np.full(1, -1, np.int32), np.zeros(1, np.bool_)
)


def ngram_tables(model: NgramModel, number: Callable[[str], int | None], start: Ngram = ()) -> NgramTables:
    """An n-gram model as tables.

    Args:
        model: of characters or words.
        number: the number of a token, or None for one that cannot occur.
        start: the context to begin in.
    """
    known = {}
    for ngram in model.entries:
        numbers = [place for token in ngram if (place := number(token)) is not None]
        if len(numbers) == len(ngram):
            known[ngram] = numbers
    contexts = sorted({(), *(ngram for ngram in known if len(ngram) < model.order)}, key=lambda ngram: (len(ngram), ngram))
    states = {context: state for state, context in enumerate(contexts)}

    def longest(ngram: Ngram) -> int:
        while ngram not in states:
            ngram = ngram[1:]
        return states[ngram]

    arcs: list[list[tuple[int, float, int]]] = [[] for _ in contexts]
    for ngram, numbers in known.items():
        if ngram[:-1] in states:
            after = longest(ngram[-(model.order - 1) :] if model.order > 1 else ())
            arcs[states[ngram[:-1]]].append((numbers[-1], model.entries[ngram][0] * LN10, after))
    flat = [arc for state in arcs for arc in sorted(state)]
    return NgramTables(
        np.cumsum([0, *map(len, arcs)], dtype=np.int32),
        np.array([arc[0] for arc in flat], np.int32),
        np.array([arc[1] for arc in flat]),
        np.array([arc[2] for arc in flat], np.int32),
        np.array([-1 if not context else longest(context[1:]) for context in contexts], np.int32),
        np.array([model.entries.get(context, (0.0, 0.0))[1] * LN10 if context else 0.0 for context in contexts]),
        model.entries.get((UNKNOWN,), (-10.0, 0.0))[0] * LN10,
        longest(start),
    )


def lexicon_tables(words: Iterable[tuple[str, int]], classes: dict[str, int], inside: np.ndarray) -> LexiconTables:
    """Words with their numbers as a trie; words with characters outside the classes are left out.

    Args:
        words: of several with one spelling the first counts.
        classes: the class of each character.
        inside: see `LexiconTables`.
    """
    children: list[dict[int, int]] = [{}]
    ends: list[int] = [-1]
    for word, number in words:
        if not word or not all(character in classes for character in word):
            continue
        node = 0
        for character in word:
            following = children[node].setdefault(classes[character], len(children))
            if following == len(children):
                children.append({})
                ends.append(-1)
            node = following
        ends[node] = number if ends[node] < 0 else ends[node]
    flat = [arc for node in children for arc in sorted(node.items())]
    return LexiconTables(
        np.cumsum([0, *map(len, children)], dtype=np.int32),
        np.array([arc[0] for arc in flat], np.int32),
        np.array([arc[1] for arc in flat], np.int32),
        np.array(ends, np.int32),
        inside,
    )
