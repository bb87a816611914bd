"""The values of the text sampler by_length."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.rules import require
from configs.data.shared.words import FromWords


@dataclass
class Config(FromWords):
    """Words of all lengths alike."""

    longest: int  # characters


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    require(own["longest"] >= 1, f"{key}.longest={own['longest']}: it must be at least 1")
