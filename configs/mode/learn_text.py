"""The keys of mode=learn_text."""

from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from base.registry import unknown_name
from configs.mode.train import Mode
from configs.task.lines import check_text_rules

TASK_IS_OPTIONAL = True
SMOOTHINGS = ("kneser_ney", "stupid_backoff")
HIGHEST_ORDER = 6


@dataclass
class Config:
    """What to learn from, and how much to keep."""

    mode: Mode
    corpus: str  # folder or file
    output: str  # folder
    sets: str | None  # folder
    sets_repeated: int
    languages: list[str]  # ISO 639-1
    drawn_words: int
    text_rules: dict[str, str] | None
    word_order: int
    character_order: int
    smoothing: str
    most_words: int
    most_ngrams: int
    least_count: int
    held_out_every: int
    overwrite: bool


def check(cfg) -> None:
    """Raises UserError for an order or a number that means nothing."""
    if not Path(cfg.corpus).exists():
        raise UserError(f"corpus={cfg.corpus}: there is no such file or folder of plain text")
    for key in ("word_order", "character_order"):
        if not 0 <= cfg[key] <= HIGHEST_ORDER:
            raise UserError(f"{key}={cfg[key]}: choose 1 to {HIGHEST_ORDER}, or 0 for none")
    if cfg.sets is not None and not Path(cfg.sets).is_dir():
        raise UserError(f"sets={cfg.sets}: there is no such folder of collections")
    check_text_rules(cfg.text_rules)
    for key in ("most_words", "most_ngrams", "least_count", "sets_repeated", "drawn_words"):
        if cfg[key] < 1:
            raise UserError(f"{key}={cfg[key]}: it must be at least 1")
    if cfg.smoothing not in SMOOTHINGS:
        raise UserError("smoothing: " + unknown_name("smoothing", cfg.smoothing, list(SMOOTHINGS)))
    if cfg.held_out_every < 0:
        raise UserError(f"held_out_every={cfg.held_out_every}: 0 for none, or 2 and more")
