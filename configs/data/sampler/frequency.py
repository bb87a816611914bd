"""The values of the text sampler frequency."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.weight import check_weight, require


@dataclass
class Config:
    """Words by their frequency."""

    weight: float  # in the mixture
    file: str | None  # CSV of word,count
    power: float  # of the frequency


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    check_weight(key, own)
    require(own["power"] >= 0, f"{key}.power={own['power']}: it must be 0 or more")
