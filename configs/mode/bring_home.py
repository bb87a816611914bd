"""The keys of mode=bring_home."""

from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from configs.mode.train import Mode


@dataclass
class Config:
    """What is brought home."""

    mode: Mode
    input: str  # folder


def check(cfg) -> None:
    """Raises UserError where there is no such folder."""
    if not Path(cfg.input).is_dir():
        raise UserError(f"input={cfg.input}: there is no such folder; name the one that run.sh wrote")
