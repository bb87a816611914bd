"""Amounts of money."""

import numpy as np
from babel.numbers import format_currency

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.writing.text import locale_of


@TEXT_SAMPLERS.register("amounts")
class AmountsSampler(BaseTextSampler):
    """Amounts in ``currencies`` (ISO 4217), in the form of the language."""

    bare = False

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        amount = int(rng.integers(0, 10 ** int(rng.integers(2, 8)))) / 100
        currencies = self.cfg["currencies"]
        currency = currencies[int(rng.integers(len(currencies)))]
        return format_currency(amount, currency, locale=locale_of(language)).split()
