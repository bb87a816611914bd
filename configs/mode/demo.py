"""The keys of mode=demo."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode.train import Mode


@dataclass
class Config:
    """What the demonstration draws, and where to."""

    mode: Mode
    output: str  # folder
    scans: int


def check(cfg) -> None:
    """Raises UserError for a task that the demonstration does not show."""
    if cfg.task.name != "eraser":
        raise UserError(f"mode=demo shows task=eraser, not task={cfg.task.name}")
