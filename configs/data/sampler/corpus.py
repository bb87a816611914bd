"""The values of the text sampler corpus."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.weight import check_weight


@dataclass
class Config:
    """Pieces of real text."""

    weight: float  # in the mixture
    folder: str | None  # of plain-text files


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    check_weight(key, own)
