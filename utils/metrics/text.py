"""Character and word error rates over a corpus."""

import unicodedata
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Levenshtein


def character_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Edit distances summed over (read, reference) pairs, divided by all reference characters.

    Case-sensitive, after NFC, punctuation kept; 0 for an empty corpus.
    """
    return _error_rate((unicodedata.normalize("NFC", read), unicodedata.normalize("NFC", reference)) for read, reference in pairs)


def word_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """The same on words, which white space separates."""
    return _error_rate(
        (unicodedata.normalize("NFC", read).split(), unicodedata.normalize("NFC", reference).split()) for read, reference in pairs
    )


def _error_rate(pairs: Iterable[tuple[Sequence, Sequence]]) -> float:
    distance = length = 0
    for read, reference in pairs:
        distance += Levenshtein.distance(read, reference)
        length += len(reference)
    return distance / max(1, length)
