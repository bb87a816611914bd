"""The values of the text sampler frequency."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.rules import require
from configs.data.shared.words import FromWords


@dataclass
class Config(FromWords):
    """Words by their frequency."""

    power: float  # of the frequency


def check(key: str, own: Mapping) -> None:
    """Raises UserError for values that mean nothing."""
    require(own["power"] >= 0, f"{key}.power={own['power']}: it must be 0 or more")
