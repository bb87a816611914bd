"""The keys of mode=fit."""

from dataclasses import dataclass

from configs.mode.train import Mode

WHEN_STOPPED = "the same command goes on where it was"


@dataclass
class Config:
    """Where the results go."""

    mode: Mode
    output: str  # folder
    state: bool
