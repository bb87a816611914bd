"""What decoder=greedy can be asked for."""

from dataclasses import dataclass


@dataclass
class Config:
    """Nothing but its name."""

    name: str
