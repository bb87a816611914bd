"""The keys that task=self_training adds at the root."""

from dataclasses import dataclass
from typing import Any

from base.errors import UserError
from configs.task import lines
from configs.task.eraser import Task
from utils.configuration.check import check_data

SELECTIONS = ("fraction", "threshold")
STUDENTS = ("continued", "fresh")
LEARNED = ("auto", "train", "all")
IN_A_BUNDLE = ("text_rules",)  # the keys that a bundle takes along
OF_PREDICTION = ("text_rules", "spelling", "reject_below")  # the keys that callers of a predictor may set


@dataclass
class Selection:
    """Which pseudo-labels are learned; see `trainers.rounds.selection.select`."""

    by: str  # fraction, threshold
    fractions: list[float]  # 0..1
    threshold: float  # confidence, 0..1


@dataclass
class Config:
    """What is adapted, to what, and how."""

    task: Task
    replay: dict[str, Any]  # a data config
    charset: str | None  # file
    text_rules: dict[str, str] | None
    validation_samples: int | None
    test_samples: int | None
    spelling: lines.Spelling
    competitors: list[str]  # bundles
    tesseract_languages: str | None
    reject_below: float | None  # 0..1
    learn_from: str  # auto, train, all
    selection: Selection
    student: str  # continued, fresh
    replay_share: float  # 0..1
    stop_at_agreement: float | None  # 0..1


def check(cfg) -> None:
    """Raises UserError for values that no round can be run with."""
    lines.check_reading(cfg)
    if cfg.trainer.name != "self_training":
        raise UserError(f"trainer={cfg.trainer.name} runs no rounds: use trainer=self_training with task=self_training")
    if cfg.objective != "confidence" or not cfg.maximise:
        raise UserError(f"objective={cfg.objective}: the rounds are judged without labels: use confidence, with maximise=true")
    if cfg.selection.by not in SELECTIONS:
        raise UserError(f"selection.by={cfg.selection.by}: choose one of {', '.join(SELECTIONS)}")
    if cfg.learn_from not in LEARNED:
        raise UserError(f"learn_from={cfg.learn_from}: choose one of {', '.join(LEARNED)}")
    if cfg.student not in STUDENTS:
        raise UserError(f"student={cfg.student}: choose one of {', '.join(STUDENTS)}")
    if not cfg.selection.fractions or not all(0.0 < fraction <= 1.0 for fraction in cfg.selection.fractions):
        raise UserError(
            f"selection.fractions={list(cfg.selection.fractions)}: numbers above 0 up to 1 are needed, such as [0.5,1.0]"
        )
    if not 0.0 <= cfg.selection.threshold <= 1.0:
        raise UserError(f"selection.threshold={cfg.selection.threshold}: a confidence from 0 to 1 is needed")
    if not 0.0 <= cfg.replay_share < 1.0:
        raise UserError(f"replay_share={cfg.replay_share}: a part from 0 to below 1 is needed")
    if cfg.stop_at_agreement is not None and not 0.0 < cfg.stop_at_agreement <= 1.0:
        raise UserError(f"stop_at_agreement={cfg.stop_at_agreement}: a part from above 0 to 1 is needed, or null")
    if cfg.replay_share > 0:
        check_data("replay", cfg.replay)
