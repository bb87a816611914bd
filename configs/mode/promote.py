"""The keys of mode=promote."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode import evaluate


@dataclass
class Config(evaluate.Config):
    """What is measured, and on what."""


def check(cfg) -> None:
    """Raises UserError where there is no registry."""
    evaluate.check(cfg)
    if cfg.tracking.name == "none":
        raise UserError("mode=promote keeps its champions in MLflow's registry, and tracking=none turns MLflow off")
