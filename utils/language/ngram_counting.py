"""Counts the n-grams of a stream of lines exactly, in bounded memory, and keeps the most frequent."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from utils.language.counting import SpillingCounter
from utils.language.ngrams import BEGIN, END, UNKNOWN, Ngram, OrderCounts, tokens_of

# In keys, one character each: they occur in no text (Unicode's private use area).
BEGIN_SIGN, END_SIGN = "\ue000", "\ue001"
SIGNS = {BEGIN_SIGN: BEGIN, END_SIGN: END}
HIGHEST = 1000  # counts from here on are one bin when the cut-off is chosen


class NgramCounter:
    """N-grams of length 1 to ``order`` of the lines that it is shown.

    Args:
        folder: for what does not fit into memory.
        unit: ``word`` or ``character``.
        order: the longest n-gram.
    """

    def __init__(self, folder: Path, unit: str, order: int) -> None:
        self.folder, self.unit, self.order = folder, unit, order
        self.raw = [SpillingCounter(folder, f"{unit}-{length}", 1_500_000 // order) for length in range(1, order + 1)]

    def add(self, line: str) -> None:
        """Counts the n-grams of a line, its beginning and end included."""
        tokens = tokens_of(line.replace(BEGIN_SIGN, "").replace(END_SIGN, ""), self.unit)
        tokens = [token for token in tokens if token not in (BEGIN, END, UNKNOWN)]  # a text may say so; a model means its own
        if not tokens:
            return
        for length, counter in enumerate(self.raw, start=1):
            counter.update(self._keys(tokens, length))

    def flush(self) -> None:
        """Writes what is in memory away."""
        for counter in self.raw:
            counter.flush()

    def _keys(self, tokens: list[str], length: int) -> Iterator[str]:
        if self.unit == "character":
            text = BEGIN_SIGN + "".join(tokens) + END_SIGN
            return (text[start : start + length] for start in range(length == 1, len(text) - length + 1))
        padded = [BEGIN_SIGN, *tokens, END_SIGN]
        first = int(length == 1)  # nothing is ever predicted to be the beginning
        return map(" ".join, zip(*(padded[first + shift :] for shift in range(length)), strict=False))

    def counts(self, most: int, least: int, continuation: bool) -> list[OrderCounts]:
        """Counts of every length.

        Args:
            most: n-grams of all lengths together that are kept, the most frequent ones; a quarter of them single tokens.
            least: rarer n-grams of length 2 and up are not kept.
            continuation: for Kneser-Ney: shorter n-grams count the contexts that they were seen in.
        """
        cutoffs = [
            self._cutoff(self.raw[:1], most // 4, 1),
            *[self._cutoff(self.raw[1:], most - most // 4, least)] * (self.order - 1),
        ]
        orders: list[OrderCounts] = []
        for length, cutoff in enumerate(cutoffs, start=1):
            raw = self.raw[length - 1].merged()
            adjusted = self._continuations(length) if continuation and length < self.order else None
            orders.append(self._collect(raw, adjusted, cutoff, orders[-1].kept if orders else None))
        orders[0].kept.setdefault((END,), 1)
        return orders

    def _cutoff(self, counters: list[SpillingCounter], most: int, least: int) -> int:
        """The smallest count, from ``least`` on, at which no more than ``most`` n-grams are left."""
        histogram = [0] * (HIGHEST + 1)
        for _, count in chain.from_iterable(counter.merged() for counter in counters):
            histogram[min(count, HIGHEST)] += 1
        left = 0
        for count in range(HIGHEST, least - 1, -1):
            left += histogram[count]
            if left > most:
                return count + 1
        return least

    def _continuations(self, length: int) -> Iterator[tuple[str, int]]:
        """In how many contexts each n-gram stands; those that begin a line keep their counts."""
        contexts = SpillingCounter(self.folder, f"{self.unit}-contexts-{length}", 1_000_000)
        for key, _ in self.raw[length].merged():
            contexts.update((key[1:] if self.unit == "character" else key.partition(" ")[2],))
        for key, count in self.raw[length - 1].merged():
            if key.startswith(BEGIN_SIGN):
                contexts.add(key, count)
        contexts.flush()
        return contexts.merged()

    def _collect(
        self,
        raw: Iterator[tuple[str, int]],
        adjusted: Iterator[tuple[str, int]] | None,
        cutoff: int,
        shorter: dict[Ngram, int] | None,
    ) -> OrderCounts:
        """One pass over the n-grams of a length in ascending order: sums, and those that are frequent enough."""
        collected = OrderCounts({}, {}, [0] * 5)
        other = next(adjusted, None) if adjusted else None
        for key, frequency in raw:
            count = frequency
            if adjusted is not None:
                while other is not None and other[0] < key:
                    other = next(adjusted, None)
                count = other[1] if other is not None and other[0] == key else 0
                if not count:
                    continue
            ngram = self._ngram(key)
            context = ngram[:-1]
            collected.of[min(count, 4)] += count <= 4
            if shorter is not None and context not in shorter and context != (BEGIN,):
                continue
            collected.totals[context] = collected.totals.get(context, 0) + count
            if frequency >= cutoff and (shorter is None or ngram[1:] in shorter):
                collected.kept[ngram] = count
        return collected

    def _ngram(self, key: str) -> Ngram:
        tokens = tuple(key) if self.unit == "character" else tuple(key.split(" "))
        return tuple(SIGNS.get(token, token) for token in tokens)
