"""Dates in the forms of the language."""

from datetime import date, timedelta

import numpy as np
from babel.dates import format_date

from base.registry import TEXT_SAMPLERS
from base.text_sampler import BaseTextSampler
from data_generators.synthesis.writing.text import locale_of

FORMATS = ("short", "medium", "long", "full", "d MMMM y", "d.M.yyyy", "d/M/yy", "yyyy", "MMMM y", "d MMM")


@TEXT_SAMPLERS.register("dates")
class DatesSampler(BaseTextSampler):
    """Days between the years ``first_year`` and ``last_year``."""

    bare = False

    def words(self, rng: np.random.Generator, room: int, language: str) -> list[str]:
        first, last = date(self.cfg["first_year"], 1, 1), date(self.cfg["last_year"], 12, 31)
        day = first + timedelta(days=int(rng.integers((last - first).days + 1)))
        return format_date(day, FORMATS[int(rng.integers(len(FORMATS)))], locale=locale_of(language)).split()
