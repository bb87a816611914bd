"""The keys of mode=tune."""

from dataclasses import dataclass
from typing import Any

from base.errors import UserError
from configs.mode import evaluate


@dataclass
class Config(evaluate.Config):
    """What is tuned, and on what."""

    grid: dict[str, list[Any]]  # numbers
    into_bundle: bool


def check(cfg) -> None:
    """Raises UserError where there is nothing to tune."""
    evaluate.check(cfg)
    if cfg.get("decoder") is None:
        raise UserError("decoder= is missing: name the decoder to tune, such as decoder=character_ngram decoder.model=FILE")
    if not any(key in cfg.decoder for key in cfg.grid):
        raise UserError(f"decoder={cfg.decoder.name} has none of the values in grid ({', '.join(map(str, cfg.grid))})")
    for key, values in cfg.grid.items():
        if not values or not all(isinstance(value, float | int) for value in values):
            raise UserError(f"grid.{key}={list(values)}: a list of numbers is needed, such as [0.2,0.5]")
