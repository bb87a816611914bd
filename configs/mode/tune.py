"""The keys of mode=tune."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode import evaluate
from configs.mode.train import Mode


@dataclass
class Config:
    """What is tuned, and on what."""

    mode: Mode
    weights: str  # pretrained, a bundle folder, or an MLflow model URI
    engine: str  # auto, onnx, keras
    split: str  # train, val, test
    grid: dict[str, list[float]]
    into_bundle: bool


def check(cfg) -> None:
    """Raises UserError where there is nothing to tune."""
    evaluate.check(cfg)
    if cfg.get("decoder") is None:
        raise UserError("decoder= is missing: name the decoder to tune, such as decoder=character_ngram decoder.model=FILE")
    if not any(key in cfg.decoder for key in cfg.grid):
        raise UserError(f"decoder={cfg.decoder.name} has none of the values in grid ({', '.join(map(str, cfg.grid))})")
    if any(not values for values in cfg.grid.values()):
        raise UserError("grid: each of its lists needs at least one value")
