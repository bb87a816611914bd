"""mode=train has no keys of its own."""

from dataclasses import dataclass

WHEN_STOPPED = "the same command goes on where it was"


@dataclass
class Mode:
    """A mode's name and the function that it runs; the same for every mode."""

    name: str
    function: str  # dotted path of a function that takes the config


@dataclass
class Config:
    """The keys that the mode adds at the root."""

    mode: Mode
