"""The keys of mode=fonts."""

from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from configs.mode.train import Mode

TASK_IS_OPTIONAL = True


@dataclass
class Config:
    """Which fonts, and what to look for."""

    mode: Mode
    fonts: str | None  # folder
    output: str  # folder
    text: str
    charset: str | None  # file of characters
    languages: list[str]  # ISO 639-1
    checkout: str | None  # folder
    category: str
    subset: str
    most_families: int | None


def check(cfg) -> None:
    """Raises UserError for folders that do not exist."""
    for key in ("fonts", "checkout"):
        if cfg[key] is not None and not Path(cfg[key]).is_dir():
            raise UserError(f"{key}={cfg[key]}: there is no such folder")
    if cfg.most_families is not None and cfg.most_families < 1:
        raise UserError(f"most_families={cfg.most_families}: at least 1 is needed, or null for all")
