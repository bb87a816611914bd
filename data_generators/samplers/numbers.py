"""Numbers as people write them."""

import numpy as np
from babel.numbers import format_decimal

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.writing.text import locale_of


@TEXT_SAMPLERS.register("numbers")
class NumbersSampler(BaseTextSampler):
    """Whole numbers of up to ``digits`` digits, some with separators, decimals, ordinal points or number signs."""

    bare = False

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        """A number in one of its spellings, one or two words; ``room`` does not matter."""
        number = int(rng.integers(0, 10 ** int(rng.integers(1, self.cfg["digits"] + 1))))
        style = rng.random()
        if style < 0.2:
            return [format_decimal(number, locale=locale_of(language))]
        if style < 0.35:
            return [format_decimal(number / 100, locale=locale_of(language))]
        if style < 0.45:
            return [f"{number}."]
        if style < 0.5:
            return ["Nº", str(number)]
        if style < 0.55:
            return [f"{number}-{number + int(rng.integers(1, 90))}"]
        return [str(number)]
