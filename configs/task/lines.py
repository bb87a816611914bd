"""The keys that task=lines adds at the root."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.bundle import MANIFEST
from base.errors import UserError
from base.registry import unknown_name
from configs.task.eraser import Task
from preprocessing.text.rules import CHOICES
from utils.language.shipped import check_language

OBJECTIVES = ("cer", "wer")
IN_A_BUNDLE = ("text_rules",)  # the keys that a bundle takes along
OF_PREDICTION = (
    "text_rules",
    "language",
    "spelling",
    "reject_below",
    "attention",
)  # the keys that callers of a predictor may set


@dataclass
class Spelling:
    """Spelling correction; see `predictors.decoders.search.spelling.Spelling`."""

    words: str | None  # file
    distance: int  # edits, 1 or 2


@dataclass
class Config:
    """What is read, and what it is measured on."""

    task: Task
    charset: str | None  # file
    unknown_characters: str  # error, skip
    text_rules: dict[str, str] | None
    validation_samples: int | None
    test_samples: int | None
    language: str | None  # see `utils.language.shipped`
    spelling: Spelling
    competitors: list[str]  # bundles
    tesseract_languages: str | None  # such as fra+eng
    reject_below: float | None  # 0..1
    attention: bool
    soiling: dict[str, Any] | None  # see `data_generators.batches.soiler.LineSoiler`


def check(cfg) -> None:
    """Raises UserError for unknown rules, and numbers that nothing can be measured with."""
    check_reading(cfg)
    if cfg.soiling is not None:
        check_soiling(cfg.soiling)
    if cfg.unknown_characters not in ("error", "skip"):
        raise UserError(f"unknown_characters={cfg.unknown_characters}: choose one of error, skip")
    if cfg.objective not in OBJECTIVES:
        raise UserError("objective: " + unknown_name("metric", cfg.objective, list(OBJECTIVES)))


def check_measuring(cfg) -> None:
    """The rules of the keys that say what is measured, on how much, and beside whom."""
    for key in ("validation_samples", "test_samples"):
        if cfg[key] is not None and cfg[key] < 1:
            raise UserError(f"{key}={cfg[key]}: at least 1, or null for all")
    if cfg.reject_below is not None and not 0.0 <= cfg.reject_below <= 1.0:
        raise UserError(f"reject_below={cfg.reject_below}: a confidence from 0 to 1 is needed, such as 0.8")
    for folder in cfg.competitors:
        if not (Path(folder) / MANIFEST).is_file():
            raise UserError(f"competitors: {folder} is not a bundle (it has no {MANIFEST})")


def check_soiling(soiling) -> None:
    """Raises UserError for a chance that is none."""
    if not 0.0 <= soiling.get("probability", -1.0) <= 1.0 or "artifacts" not in soiling:
        raise UserError(
            "soiling: it needs a probability from 0 to 1 and artifacts, as in "
            "+data/artifacts@soiling.artifacts=ruled +soiling.probability=0.5"
        )


def check_text_rules(rules: Mapping[str, str] | None) -> None:
    """Raises UserError for an unknown rule or choice."""
    for name, choice in (rules or {}).items():
        if name not in CHOICES:
            raise UserError("text_rules: " + unknown_name("rule", str(name), list(CHOICES)))
        if choice not in CHOICES[name]:
            raise UserError(f"text_rules.{name}: " + unknown_name("choice", str(choice), list(CHOICES[name])))


def check_reading(cfg) -> None:
    """The rules of the keys that all tasks share that read."""
    check_text_rules(cfg.text_rules)
    check_measuring(cfg)
    check_language(cfg.get("language"))
    if cfg.spelling.words is not None and not Path(cfg.spelling.words).is_file():
        raise UserError(f"spelling.words={cfg.spelling.words}: there is no such file")
    if cfg.spelling.distance not in (1, 2):
        raise UserError(f"spelling.distance={cfg.spelling.distance}: 1 or 2 edits")
    for folder in cfg.competitors:
        if "charset" not in json.loads((Path(folder) / MANIFEST).read_text("utf-8")).get("facts", {}):
            raise UserError(f"competitors: {folder} reads nothing; name a reader's bundle")
    if cfg.get("charset") is not None and not Path(cfg.charset).is_file():
        raise UserError(f"charset={cfg.charset}: there is no such file")
