"""Which characters of a reading are right, and which were taken for which."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

NOTHING = ""


def right_parts(read: Sequence[str], truth: Sequence[str]) -> np.ndarray:
    """For each character (or word) that was read whether it stands there, on a shortest edit path; bool (length,)."""
    right = np.ones(len(read), bool)
    for edit in Levenshtein.editops(read, truth):
        if edit.tag in ("replace", "delete"):
            right[edit.src_pos] = False
    return right


def confusions(pairs: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How often each (truth, read) pair of different characters occurs; one of them is empty where one is missing."""
    counts: Counter[tuple[str, str]] = Counter()
    for read, truth in pairs:
        for edit in Levenshtein.editops(truth, read):
            stood = truth[edit.src_pos] if edit.tag != "insert" else NOTHING
            taken = read[edit.dest_pos] if edit.tag != "delete" else NOTHING
            counts[stood, taken] += 1
    return counts
