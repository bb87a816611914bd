"""The keys of mode=export."""

from dataclasses import dataclass

from configs.mode.train import Mode


@dataclass
class Config:
    """What to export."""

    mode: Mode
    weights: str  # a bundle folder
