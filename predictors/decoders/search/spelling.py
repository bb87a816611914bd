"""Spelling correction of words that no dictionary has."""

import re

from predictors.decoders.search.words import read_words

WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")  # an apostrophe parts words: what is before it is an article or the like
SHORTEST = 4  # characters; shorter words have too many neighbours


class Spelling:
    """Replaces unknown words by the closest word of a list, if there is one within ``distance`` edits (SymSpell).

    Args:
        words: file of words, the most frequent first, or with counts after a comma.
        distance: edits, 1 or 2.
    """

    def __init__(self, words: str, distance: int) -> None:
        from symspellpy import SymSpell

        self.distance = distance
        self.known = SymSpell(max_dictionary_edit_distance=distance, prefix_length=7)
        self.spelled: dict[str, str] = {}  # lower case to how the list has it
        listed = read_words(words)
        for place, word in enumerate(listed):
            if self.spelled.setdefault(word.lower(), word) == word:
                self.known.create_dictionary_entry(word.lower(), len(listed) - place)

    def correct(self, text: str) -> str:
        """The text with its unknown words corrected; case is kept, numbers and short words are left alone."""
        return WORD.sub(lambda match: self._correct_word(match[0]), text)

    def _correct_word(self, word: str) -> str:
        from symspellpy import Verbosity

        if len(word) < SHORTEST or word.lower() in self.spelled:
            return word
        found = self.known.lookup(word.lower(), Verbosity.TOP, max_edit_distance=self.distance)
        if not found:
            return word
        best = self.spelled[found[0].term]
        return best.upper() if word.isupper() else best[0].upper() + best[1:] if word[0].isupper() else best
