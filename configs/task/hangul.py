"""The keys that task=hangul adds at the root."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.errors import UserError
from base.registry import unknown_name
from configs.data.hangul import check_syllables
from configs.task.eraser import Task
from configs.task.lines import check_measuring
from preprocessing.text.hangul import SETS, TEXTS, charset_of
from utils.configuration.check import check_data

OBJECTIVES = ("top1", "top5")
MOST_EXPLAINED = 200
IN_A_BUNDLE: tuple[str, ...] = ()  # the keys that a bundle takes along
OF_PREDICTION = ("n", "among", "explain", "reject_below")  # the keys that callers of a predictor may set


@dataclass
class Syllables:
    """Which syllables belong to each split, whatever the data have; a splitting by syllable."""

    train: str | None
    val: str | None
    test: str | None


@dataclass
class Config:
    """What is read, and what it is measured on."""

    task: Task
    negatives: dict[str, Any]  # a data config: what pictures of no syllable are made with
    syllables: Syllables
    validation_samples: int | None
    test_samples: int | None
    n: int
    among: str | None
    explain: bool
    explained_samples: int
    reject_below: float | None  # 0..1
    competitors: list[str]  # bundles


def check(cfg) -> None:
    """Raises UserError for sets that are not there, and numbers that nothing can be measured with."""
    for split, wanted in cfg.syllables.items():
        if wanted is not None:
            check_syllables(f"syllables.{split}", wanted)
            if wanted not in SETS:
                charset_of(Path(wanted))
    if cfg.among is not None and cfg.among not in SETS:
        charset_of(Path(cfg.among))
    if cfg.objective not in OBJECTIVES:
        raise UserError("objective: " + unknown_name("metric", cfg.objective, list(OBJECTIVES)))
    check_measuring(cfg)
    if not 1 <= cfg.n <= len(TEXTS):
        raise UserError(f"n={cfg.n}: from 1 to {len(TEXTS)} answers can be given")
    if not 0 <= cfg.explained_samples <= MOST_EXPLAINED:
        raise UserError(f"explained_samples={cfg.explained_samples}: from 0 to {MOST_EXPLAINED} pictures can be explained")
    check_data("negatives", cfg.negatives)
