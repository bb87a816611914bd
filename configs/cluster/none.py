"""cluster=none has nothing to set."""

from dataclasses import dataclass


@dataclass
class Config:
    """No cluster."""

    name: str
