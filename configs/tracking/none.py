"""tracking=none has nothing to set."""

from dataclasses import dataclass


@dataclass
class Config:
    """No tracking."""

    name: str
