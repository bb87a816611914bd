"""The keys of mode=annotate_next."""

from dataclasses import dataclass

from base.data_generator import SPLIT_NUMBERS
from base.errors import UserError
from base.registry import unknown_name
from configs.mode.train import Mode
from utils.configuration.weights import check_weights

RULES = ("doubt_and_variety", "doubt", "chance")


@dataclass
class Config:
    """What to rank, by what, and where to write."""

    mode: Mode
    output: str  # folder
    count: int  # images
    by: str  # doubt_and_variety, doubt, chance
    pool: float  # times count
    weights: str
    engine: str
    split: str  # train, val, test
    overwrite: bool


def check(cfg) -> None:
    """Raises UserError for a task that reads nothing, or numbers that choose nothing."""
    if cfg.task.name not in ("lines", "words"):
        raise UserError(f"mode=annotate_next needs a reader: use task=lines or task=words, not task={cfg.task.name}")
    if cfg.by not in RULES:
        raise UserError("by: " + unknown_name("rule", cfg.by, list(RULES)))
    if cfg.count < 1 or cfg.pool < 1:
        raise UserError(f"count={cfg.count} pool={cfg.pool}: both must be at least 1")
    if cfg.split not in SPLIT_NUMBERS:
        raise UserError(f"split={cfg.split}: choose one of {', '.join(SPLIT_NUMBERS)}")
    check_weights(cfg)
