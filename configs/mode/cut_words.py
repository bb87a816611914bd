"""The keys of mode=cut_words."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode.convert import check_processes, check_splits
from configs.mode.train import Mode
from utils.configuration.weights import check_weights

WHEN_STOPPED = "the same command goes on where it was"


@dataclass
class Config:
    """What to cut with, and where to write."""

    mode: Mode
    output: str  # folder
    weights: str
    engine: str
    splits: list[str]  # train, val, test
    least_confidence: float  # 0..1
    processes: int
    overwrite: bool


def check(cfg) -> None:
    """Raises UserError for a task that reads no lines, an unknown split, or a bundle that is not there."""
    if cfg.task.name != "lines":
        raise UserError(f"mode=cut_words needs a reader of lines: use task=lines, not task={cfg.task.name}")
    check_splits(cfg)
    check_processes(cfg)
    check_weights(cfg)
    if not 0.0 <= cfg.least_confidence <= 1.0:
        raise UserError(f"least_confidence={cfg.least_confidence}: a confidence from 0 to 1 is needed")
