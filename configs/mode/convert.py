"""The keys of mode=convert."""

from dataclasses import dataclass

from base.data_generator import SPLIT_NUMBERS
from base.errors import UserError
from base.registry import WRITERS, unknown_name
from configs.mode.train import Mode

TASK_IS_OPTIONAL = True
DATA_IS_NEEDED = True
WHEN_STOPPED = "the same command goes on where it was"


@dataclass
class Config:
    """What to write, and where to."""

    mode: Mode
    output: str  # folder
    format: str  # registered format
    quality: int | None  # of WebP, 1..100
    splits: list[str]  # train, val, test
    processes: int
    overwrite: bool


def check(cfg) -> None:
    """Raises UserError for an unknown format or split."""
    check_writing(cfg)
    if cfg.quality is not None and not 1 <= cfg.quality <= 100:
        raise UserError(f"quality={cfg.quality}: from 1 (small) to 100 (exact), such as 40; null takes the files as they are")


def check_writing(cfg) -> None:
    """The rules that all modes that write sets share."""
    if cfg.format not in WRITERS.names():
        raise UserError(unknown_name("format", cfg.format, WRITERS.names()))
    check_processes(cfg)
    check_splits(cfg)


def check_processes(cfg) -> None:
    """Raises UserError for a number of processes that cannot be."""
    if cfg.processes < 1:
        raise UserError(f"processes={cfg.processes}: at least 1 is needed")


def check_splits(cfg) -> None:
    """Raises UserError for an unknown split."""
    for split in cfg.splits:
        if split not in SPLIT_NUMBERS:
            raise UserError(f"splits: {split} is none of {', '.join(SPLIT_NUMBERS)}")
    if not cfg.splits:
        raise UserError("splits must not be empty")
