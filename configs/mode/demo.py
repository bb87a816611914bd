"""The keys of mode=demo."""

from dataclasses import dataclass
from typing import Any

from base.errors import UserError
from configs.mode.train import Mode
from utils.configuration.check import check_data


@dataclass
class Config:
    """What the demonstration draws, and where to."""

    mode: Mode
    output: str  # folder
    scans: int
    page: dict[str, Any]  # values of data=composed_pages


def check(cfg) -> None:
    """Raises UserError for a task that the demonstration does not show."""
    if cfg.task.name != "eraser":
        raise UserError(f"mode=demo trains task=eraser, not task={cfg.task.name}")
    check_data("page", cfg.page)
