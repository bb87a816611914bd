"""N-gram models of words or characters: learned from a stream, kept as ARPA files, asked for log probabilities.

Smoothing is interpolated modified Kneser-Ney (Chen & Goodman 1999, eq. 26 and 27; discounts by eq. 17 of Heafield et
al. 2013) or stupid backoff (Brants et al. 2007, eq. 5, factor 0.4).
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

import numpy as np

from base.errors import UserError
from utils.files.whole import written_whole

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
SPACE = "▁"  # stands for a space where the tokens are characters
ARPA_LOG_ZERO = -99.0  # ARPA's log10 of nothing
BACKOFF_FACTOR = 0.4
Ngram = tuple[str, ...]


@dataclass
class NgramModel:
    """Log10 probabilities and back-off weights of n-grams.

    Attributes:
        unit: ``word`` or ``character``.
        order: the longest n-gram.
        entries: n-gram to (log10 probability, log10 back-off weight).
    """

    unit: str
    order: int
    entries: dict[Ngram, tuple[float, float]]

    def score(self, history: Sequence[str], token: str) -> float:
        """log10 of the probability of a token after the tokens before it (Katz's back-off, as ARPA files mean it)."""
        token = self._known(token)
        context = tuple(map(self._known, history[-(self.order - 1) :])) if self.order > 1 else ()
        weight = 0.0
        while True:
            entry = self.entries.get((*context, token))
            if entry is not None:
                return weight + entry[0]
            if not context:
                return weight + ARPA_LOG_ZERO
            weight += self.entries.get(context, (0.0, 0.0))[1]
            context = context[1:]

    def _known(self, token: str) -> str:
        """A token as the model has it."""
        return token if (token,) in self.entries else UNKNOWN

    def score_text(self, text: str) -> float:
        """log10 of the probability of a line, its end counted."""
        tokens = [*tokens_of(text, self.unit), END]
        history = [BEGIN]
        total = 0.0
        for token in tokens:
            total += self.score(history, token)
            history.append(token)
        return total

    def perplexity(self, lines: Iterable[str]) -> float:
        """10 to the mean negative log10 probability of a token, line ends counted."""
        total, count = 0.0, 0
        for line in lines:
            total += self.score_text(line)
            count += len(tokens_of(line, self.unit)) + 1
        return 10.0 ** (-total / max(count, 1))

    def draw(self, rng: np.random.Generator, count: int) -> list[str]:
        """Up to ``count`` tokens of a new line, fewer where it ends."""
        tokens: list[str] = []
        history: list[str] = [BEGIN]
        for _ in range(10 * count):
            if len(tokens) == count:
                break
            token = self._draw_next(rng, tuple(history)[-(self.order - 1) :] if self.order > 1 else ())
            if token == END:
                if tokens:
                    return tokens
                continue
            tokens.append(token)
            history.append(token)
        return tokens

    def _draw_next(self, rng: np.random.Generator, context: Ngram) -> str:
        """A token from the longest context that has followers; the mass that they leave goes to shorter contexts."""
        while context:
            words, cumulative = self._followers.get(context, ([], np.zeros(1)))
            chance = rng.random()
            if chance < cumulative[-1]:
                return words[int(np.searchsorted(cumulative, chance, side="right"))]
            context = context[1:]
        words, cumulative = self._followers[()]
        return words[min(int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")), len(words) - 1)]

    @cached_property
    def _followers(self) -> dict[Ngram, tuple[list[str], np.ndarray]]:
        """What may follow each context, with cumulative probabilities; made when it is first asked for."""
        table: dict[Ngram, tuple[list[str], list[float]]] = {}
        for ngram, (probability, _) in self.entries.items():
            if ngram[-1] in (BEGIN, UNKNOWN):
                continue
            words, chances = table.setdefault(ngram[:-1], ([], []))
            words.append(ngram[-1])
            chances.append(10.0**probability)
        return {context: (words, np.cumsum(chances)) for context, (words, chances) in table.items()}

    def write(self, path: Path) -> None:
        """Writes an ARPA file, whole or not at all; its head says which unit the tokens are."""
        by_order: list[list[Ngram]] = [[] for _ in range(self.order)]
        for ngram in self.entries:
            by_order[len(ngram) - 1].append(ngram)
        with written_whole(path) as aside, aside.open("w", encoding="utf-8") as file:
            file.write(f"unit={self.unit}\n\n\\data\\\n")
            for length, ngrams in enumerate(by_order, start=1):
                file.write(f"ngram {length}={len(ngrams)}\n")
            for length, ngrams in enumerate(by_order, start=1):
                file.write(f"\n\\{length}-grams:\n")
                for ngram in sorted(ngrams):
                    probability, backoff = self.entries[ngram]
                    tail = f"\t{backoff:.6f}" if length < self.order else ""
                    file.write(f"{probability:.6f}\t{' '.join(ngram)}{tail}\n")
            file.write("\n\\end\\\n")

    @classmethod
    def read(cls, path: Path) -> "NgramModel":
        """An ARPA file of any toolkit; tokens of one character each make a character model.

        Raises:
            UserError: there is no such file, or it is not ARPA; names the line.
        """
        if not path.is_file():
            raise UserError(f"{path}: there is no such language model")
        try:
            with path.open(encoding="utf-8") as file:
                return cls._parse(file, path)
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: it is not an ARPA file: it is not UTF-8 (byte {error.start})") from error

    @classmethod
    def _parse(cls, file: TextIO, path: Path) -> "NgramModel":
        entries: dict[Ngram, tuple[float, float]] = {}
        unit, order, length = "", 0, 0
        for number, raw in enumerate(file, start=1):
            line = raw.strip(" \t\r\n")
            if line.startswith("unit="):
                unit = line[5:]
            elif re.fullmatch(r"\\\d+-grams:", line):
                length = int(line[1:-7])
                order = max(order, length)
            elif line == "\\end\\":
                break
            elif length and line:
                fields = re.split(r"[ \t]+", line)
                try:
                    backoff = float(fields[1 + length]) if len(fields) > 1 + length else 0.0
                    entries[tuple(fields[1 : 1 + length])] = (float(fields[0]), backoff)
                except (ValueError, IndexError) as error:
                    raise UserError(f"{path}:{number}: it is not a {length}-gram of an ARPA file") from error
        if not entries:
            raise UserError(f"{path}: it is not an ARPA file: it has no n-grams")
        single = all(len(ngram[0]) == 1 for ngram in entries if len(ngram) == 1 and ngram[0] not in (BEGIN, END, UNKNOWN))
        return cls(unit or ("character" if single else "word"), order, entries)


def tokens_of(text: str, unit: str) -> list[str]:
    """A line's words, or its characters with spaces as ``SPACE``."""
    words = text.split()
    return words if unit == "word" else list(SPACE.join(words))


@dataclass
class OrderCounts:
    """What is known of the n-grams of one length.

    Attributes:
        kept: n-gram to its count; for Kneser-Ney of all but the longest, in how many contexts it was seen.
        totals: context to the sum of its followers' counts, those that were not kept included.
        of: how many n-grams, kept or not, were counted 0, 1, 2, 3 and 4 times.
    """

    kept: dict[Ngram, int]
    totals: dict[Ngram, int]
    of: list[int]


def kneser_ney(orders: list[OrderCounts], unit: str) -> NgramModel:
    """Interpolated modified Kneser-Ney; the mass of n-grams that were not kept goes to the shorter ones.

    Args:
        orders: counts of length 1 and up. Everything that an n-gram ends and begins with must be kept too.
        unit: of the tokens.
    """
    entries: dict[Ngram, tuple[float, float]] = {(BEGIN,): (ARPA_LOG_ZERO, 0.0)}
    uniform = 1.0 / (len(orders[0].kept) + 1)  # with UNKNOWN
    for length, counts in enumerate(orders, start=1):
        discounts = _discounts(counts.of)
        taken: dict[Ngram, float] = {}
        for ngram, count in counts.kept.items():
            taken[ngram[:-1]] = taken.get(ngram[:-1], 0.0) + count - discounts[min(count, 3)]
        for ngram, count in counts.kept.items():
            total = counts.totals[ngram[:-1]]
            free = 1.0 - taken[ngram[:-1]] / total
            below = uniform if length == 1 else 10.0 ** entries[ngram[1:]][0]
            probability = (count - discounts[min(count, 3)]) / total + free * below
            entries[ngram] = (math.log10(max(probability, 1e-99)), 0.0)
        if length == 1:
            entries[(UNKNOWN,)] = (math.log10(max((1.0 - taken[()] / counts.totals[()]) * uniform, 1e-99)), 0.0)
        else:
            for context, used in taken.items():
                free = max(1.0 - used / counts.totals[context], 1e-99)
                entries[context] = (entries[context][0], math.log10(free))
    return NgramModel(unit, len(orders), entries)


def _discounts(of: list[int]) -> tuple[float, float, float, float]:
    """The discounts of counts 0, 1, 2 and 3 or more, from how many n-grams occur once to four times."""
    if min(of[1:5]) == 0:
        return 0.0, 0.5, 0.75, 0.9  # too small a corpus to estimate them
    base = of[1] / (of[1] + 2 * of[2])
    values = [n - (n + 1) * base * of[n + 1] / of[n] for n in (1, 2, 3)]
    first, second, third = (min(max(value, 0.05), 0.95 * n) for n, value in enumerate(values, start=1))
    return 0.0, first, second, third


def stupid_backoff(orders: list[OrderCounts], unit: str) -> NgramModel:
    """Relative frequencies, with a factor for every token of context that is given up; scores, not probabilities."""
    weight = math.log10(BACKOFF_FACTOR)
    entries: dict[Ngram, tuple[float, float]] = {(BEGIN,): (ARPA_LOG_ZERO, weight)}
    for length, counts in enumerate(orders, start=1):
        for ngram, count in counts.kept.items():
            entries[ngram] = (math.log10(count / counts.totals[ngram[:-1]]), weight if length < len(orders) else 0.0)
    entries[(UNKNOWN,)] = (math.log10(0.5 / max(orders[0].totals[()], 1)), 0.0)
    return NgramModel(unit, len(orders), entries)


SMOOTHINGS = {"kneser_ney": kneser_ney, "stupid_backoff": stupid_backoff}
