"""The values of the text sampler amounts."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.rules import require


@dataclass
class Config:
    """Money."""

    weight: float  # in the mixture
    currencies: list[str]  # ISO 4217


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    require(len(own["currencies"]) > 0, f"{key}.currencies must not be empty")
