"""The keys of mode=demo."""

from dataclasses import dataclass

from configs.mode.train import Mode


@dataclass
class Config:
    """What the demonstration draws, and where to."""

    mode: Mode
    output: str  # folder
    scans: int
