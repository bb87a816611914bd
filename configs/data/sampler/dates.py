"""The values of the text sampler dates."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.rules import require


@dataclass
class Config:
    """Days of some years."""

    weight: float  # in the mixture
    first_year: int
    last_year: int


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    require(
        1 <= own["first_year"] <= own["last_year"] <= 9999,
        f"{key}: first_year and last_year must be years, the first not after the last",
    )
