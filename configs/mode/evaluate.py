"""The keys of mode=evaluate."""

from dataclasses import dataclass

from base.data_generator import SPLIT_NUMBERS
from base.errors import UserError
from configs.mode.train import Mode
from utils.configuration.weights import check_weights


@dataclass
class Config:
    """What to measure, and on what."""

    mode: Mode
    weights: str  # pretrained, a bundle folder, or an MLflow model URI
    engine: str  # auto, onnx, keras
    split: str  # train, val, test


def check(cfg) -> None:
    """Raises UserError for an unknown split or engine, or weights that are not there."""
    if cfg.split not in SPLIT_NUMBERS:
        raise UserError(f"split={cfg.split}: choose one of {', '.join(SPLIT_NUMBERS)}")
    check_weights(cfg)
