"""What the text samplers that draw from word lists share."""

from dataclasses import dataclass


@dataclass
class FromWords:
    """Words of a list."""

    weight: float  # in the mixture
    file: str | None  # CSV of word,count; None for wordfreq's lists
