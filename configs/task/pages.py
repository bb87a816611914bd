"""The keys that task=pages adds at the root."""

from dataclasses import dataclass

from base.bundle import MANIFEST, bundle_folder
from base.errors import UserError
from base.registry import PAGE_FORMATS, unknown_name
from base.types import FAMILIES
from configs.task.eraser import Task
from configs.task.lines import Spelling
from utils.language.shipped import check_language

OBJECTIVES = ("line_f1", "line_recall", "line_precision", "length_f1")
ERASING = ("auto", "always", "never")
IN_A_BUNDLE: tuple[str, ...] = ()  # the keys that a bundle takes along
OF_PREDICTION = (
    "formats",
    "reader",
    "eraser",
    "erase",
    "remove",
    "threshold",
    "text_threshold",
    "language",
    "spelling",
)  # the keys that callers of a predictor may set


@dataclass
class Config:
    """How pages are read and written."""

    task: Task
    formats: list[str]  # registered page formats
    reader: str | None  # pretrained, or a bundle folder
    eraser: str  # pretrained, or a bundle folder
    erase: str  # auto, always, never
    remove: list[str]  # families of artifacts to erase
    threshold: float  # probability, 0..1
    text_threshold: float  # probability, 0..1
    language: str | None  # see `utils.language.shipped`
    spelling: Spelling
    validation_samples: int | None
    test_samples: int | None


def check(cfg) -> None:
    """Raises UserError for unknown formats and bundles, and numbers that nothing can be measured with."""
    for name in cfg.formats:
        if name not in PAGE_FORMATS.names():
            raise UserError("formats: " + unknown_name("page format", str(name), PAGE_FORMATS.names()))
    check_language(cfg.language)
    if cfg.erase not in ERASING:
        raise UserError("erase: " + unknown_name("choice", str(cfg.erase), list(ERASING)))
    for family in cfg.remove:
        if family not in FAMILIES:
            raise UserError("remove: " + unknown_name("family of artifacts", family, list(FAMILIES)))
    wanted = {"reader": ("lines", cfg.reader), "eraser": ("eraser", cfg.eraser if cfg.erase != "never" else None)}
    for key, (task, weights) in wanted.items():
        if weights is not None and not (bundle_folder(weights, task) / MANIFEST).is_file():
            raise UserError(f"{key}={weights}: there is no bundle in {bundle_folder(weights, task)}; name one, or set it to null")
    if cfg.objective not in OBJECTIVES:
        raise UserError("objective: " + unknown_name("metric", cfg.objective, list(OBJECTIVES)))
    for key in ("validation_samples", "test_samples"):
        if cfg[key] is not None and cfg[key] < 1:
            raise UserError(f"{key}={cfg[key]}: at least 1, or null for all")
    for key in ("threshold", "text_threshold"):
        if not 0.0 < cfg[key] < 1.0:
            raise UserError(f"{key}={cfg[key]}: a probability between 0 and 1 is needed, such as 0.5")
