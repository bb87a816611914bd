"""The values of the text sampler ngram."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.weight import check_weight


@dataclass
class Config:
    """Text made up by a model."""

    weight: float  # in the mixture
    model: str | None  # ARPA file


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    check_weight(key, own)
