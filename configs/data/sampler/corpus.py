"""The values of the text sampler corpus."""

from dataclasses import dataclass


@dataclass
class Config:
    """Pieces of real text."""

    weight: float  # in the mixture
    folder: str | None  # of plain-text files
