"""The keys of mode=check_data."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode.convert import check_splits
from configs.mode.train import Mode

TASK_IS_OPTIONAL = True
DATA_IS_NEEDED = True


@dataclass
class Config:
    """What to look for, and where the report goes."""

    mode: Mode
    output: str  # folder
    splits: list[str]  # train, val, test
    processes: int
    charset: str | None  # file of characters
    height_px: int
    frame_px: float
    samples: int  # of sources that make samples up


def check(cfg) -> None:
    """Raises UserError for numbers that mean nothing."""
    check_splits(cfg)
    for key in ("processes", "height_px", "frame_px", "samples"):
        if cfg[key] <= 0:
            raise UserError(f"{key}={cfg[key]}: it must be above 0")
