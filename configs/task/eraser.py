"""The keys that task=eraser adds at the root."""

from dataclasses import dataclass
from pathlib import Path

from base.bundle import MANIFEST
from base.errors import UserError
from base.registry import unknown_name
from base.types import FAMILIES

OBJECTIVES = ("artifact_f1", "artifact_iou", "artifact_precision", "artifact_recall", "text_lost", "overlap_kept")
IN_A_BUNDLE = ("remove", "threshold", "text_threshold")  # the keys that a bundle takes along
OF_PREDICTION = ("remove", "threshold", "text_threshold")  # the keys that callers of a predictor may set


@dataclass
class Task:
    """What a task names; the same for every task."""

    name: str
    generator: str  # registered data generator
    predictor: str  # registered predictor


@dataclass
class Config:
    """What the eraser takes for an artifact."""

    task: Task
    remove: list[str]  # families of artifacts to erase: rules, marks, stains, foreign
    threshold: float  # probability from which a pixel belongs to an artifact, 0..1
    text_threshold: float  # probability from which a pixel belongs to text, and stays, 0..1
    competitors: list[str]  # bundles to measure beside the model
    reading_samples: int  # lines that Tesseract reads before and after


def check(cfg) -> None:
    """Raises UserError for an unknown family or a threshold that no probability can meet."""
    for family in cfg.remove:
        if family not in FAMILIES:
            raise UserError("remove: " + unknown_name("family of artifacts", family, list(FAMILIES)))
    if cfg.objective not in OBJECTIVES:
        raise UserError("objective: " + unknown_name("metric", cfg.objective, list(OBJECTIVES)))
    for folder in cfg.competitors:
        if not (Path(folder) / MANIFEST).is_file():
            raise UserError(f"competitors: {folder} is not a bundle (it has no {MANIFEST})")
    for key in ("threshold", "text_threshold"):
        if not 0.0 < cfg[key] < 1.0:
            raise UserError(f"{key}={cfg[key]}: a probability between 0 and 1 is needed, such as 0.5")
