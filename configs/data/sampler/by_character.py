"""The values of the text sampler by_character."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.weight import check_weight


@dataclass
class Config:
    """All characters alike."""

    weight: float  # in the mixture
    file: str | None  # CSV of word,count


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    check_weight(key, own)
