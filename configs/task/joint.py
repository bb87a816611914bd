"""The keys that task=joint adds at the root."""

from dataclasses import dataclass
from typing import Any

from base.bundle import MANIFEST, bundle_folder
from base.errors import UserError
from base.registry import unknown_name
from configs.task.eraser import Task
from configs.task.lines import OBJECTIVES, Spelling, check_reading, check_soiling
from configs.task.pages import ERASING

IN_A_BUNDLE = ("text_rules",)  # the keys that a bundle takes along
OF_PREDICTION = (
    "text_rules",
    "erase",
    "spelling",
    "reject_below",
    "remove",
    "threshold",
    "text_threshold",
)  # the keys that callers of a predictor may set


@dataclass
class Parts:
    """Bundles: pretrained, or a folder."""

    eraser: str
    reader: str


@dataclass
class Config:
    """What is cleaned and read, and what it is measured on."""

    task: Task
    parts: Parts
    soiling: dict[str, Any]  # see `data_generators.batches.soiler.LineSoiler`
    text_rules: dict[str, str] | None
    unknown_characters: str  # error, skip
    erase: str  # auto, always, never
    validation_samples: int | None
    test_samples: int | None
    spelling: Spelling
    competitors: list[str]  # bundles
    tesseract_languages: str | None  # such as fra+eng
    reject_below: float | None  # 0..1
    remove: list[str]
    threshold: float
    text_threshold: float


def check(cfg) -> None:
    """Raises UserError for unknown rules and bundles, and numbers that nothing can be measured with."""
    check_reading(cfg)
    if cfg.erase not in ERASING:
        raise UserError("erase: " + unknown_name("choice", str(cfg.erase), list(ERASING)))
    if cfg.objective not in OBJECTIVES:
        raise UserError("objective: " + unknown_name("metric", cfg.objective, list(OBJECTIVES)))
    if cfg.unknown_characters not in ("error", "skip"):
        raise UserError(f"unknown_characters={cfg.unknown_characters}: choose one of error, skip")
    for part, task in (("eraser", "eraser"), ("reader", "lines")):
        folder = bundle_folder(cfg.parts[part], task)
        if not (folder / MANIFEST).is_file():
            raise UserError(f"parts.{part}={cfg.parts[part]}: there is no bundle in {folder}")
    check_soiling(cfg.soiling)
