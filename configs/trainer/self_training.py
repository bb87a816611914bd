"""What trainer=self_training can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.trainer import lines


@dataclass
class Config(lines.Config):
    """How to fit."""


def check(cfg) -> None:
    """Raises UserError where there is no teacher, or for what cannot be trained with."""
    if cfg.task.name != "self_training":
        raise UserError(f"trainer=self_training needs task=self_training, not task={cfg.task.name}")
    if cfg.trainer.init is None:
        raise UserError("trainer.init= is missing: name the first teacher, such as a bundle of experiment=lines_synthetic")
    if cfg.trainer.minutes is not None:
        raise UserError("trainer.minutes: self-training counts in rounds; use trainer.epochs and trainer.steps_per_epoch")
    lines.check_lines(cfg)
