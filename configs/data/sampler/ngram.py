"""The values of the text sampler ngram."""

from dataclasses import dataclass


@dataclass
class Config:
    """Text made up by a model."""

    weight: float  # in the mixture
    model: str | None  # ARPA file
