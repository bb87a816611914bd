"""The values of the text sampler numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.rules import require


@dataclass
class Config:
    """Whole numbers."""

    weight: float  # in the mixture
    digits: int  # at most


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    require(1 <= own["digits"] <= 18, f"{key}.digits={own['digits']}: choose 1 to 18")
