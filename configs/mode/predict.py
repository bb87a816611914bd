"""The keys of mode=predict."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode.convert import check_processes
from configs.mode.train import Mode
from utils.configuration.weights import check_weights

DATA_IS_UNUSED = True
WHEN_STOPPED = "the same command with resume=true goes on where it was"


@dataclass
class Config:
    """What to answer for, and where to."""

    mode: Mode
    input: str  # an image, a folder, a glob, or a labels.tsv
    follow_links: bool
    output: str  # folder
    weights: str  # pretrained, a bundle folder, or an MLflow model URI
    engine: str  # auto, onnx, keras
    overwrite: bool
    resume: bool
    processes: int
    sheet: int  # files to show in predictions_sheet.png


def check(cfg) -> None:
    """Raises UserError where the two ways to treat an existing output are both asked for, or weights are not there."""
    if cfg.overwrite and cfg.resume:
        raise UserError("overwrite=true and resume=true exclude each other: choose one")
    if cfg.sheet < 0:
        raise UserError(f"sheet={cfg.sheet}: a number of files, or 0 for no sheet")
    check_processes(cfg)
    check_weights(cfg)
