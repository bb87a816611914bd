"""The keys of mode=generate."""

from dataclasses import dataclass

from base.data_generator import SPLIT_NUMBERS
from base.errors import UserError
from configs.mode.train import Mode


@dataclass
class Config:
    """How many samples to write, and where to."""

    mode: Mode
    output: str  # folder
    count: int  # samples in each split
    splits: list[str]  # train, val, test
    overwrite: bool


def check(cfg) -> None:
    """Raises UserError for an unknown split or nothing to do."""
    if cfg.count < 1:
        raise UserError(f"count={cfg.count}: at least 1 sample is needed")
    for split in cfg.splits:
        if split not in SPLIT_NUMBERS:
            raise UserError(f"splits: {split} is none of {', '.join(SPLIT_NUMBERS)}")
