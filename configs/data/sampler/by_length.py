"""The values of the text sampler by_length."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.weight import check_weight, require


@dataclass
class Config:
    """Words of all lengths alike."""

    weight: float  # in the mixture
    file: str | None  # CSV of word,count
    longest: int  # characters


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    check_weight(key, own)
    require(own["longest"] >= 1, f"{key}.longest={own['longest']}: it must be at least 1")
