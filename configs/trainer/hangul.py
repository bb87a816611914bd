"""What trainer=hangul can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from base.registry import unknown_name
from configs.trainer import eraser
from preprocessing.augment import STRENGTHS


@dataclass
class Hangul:
    """How syllables become batches; see `data_generators.hangul.HangulData`."""

    batch_size: int
    negatives: float  # 0..1
    pale: float  # 0..1
    strength: str


@dataclass
class Config(eraser.Config):
    """How to fit."""

    ema_momentum: float  # 0..1
    hangul: Hangul


def check(cfg) -> None:
    """Raises UserError for names and numbers that cannot be trained with."""
    if cfg.task.name != "hangul":
        raise UserError(f"trainer=hangul trains readers of syllables: use trainer={cfg.task.name} with task={cfg.task.name}")
    eraser.check_fitting(cfg)
    trainer = cfg.trainer
    if not 0.0 <= trainer.ema_momentum < 1.0:
        raise UserError(f"trainer.ema_momentum={trainer.ema_momentum}: from 0 (none) to below 1, such as 0.998")
    if trainer.hangul.batch_size < 2:
        raise UserError(f"trainer.hangul.batch_size={trainer.hangul.batch_size}: it must be at least 2")
    if not 0.0 <= trainer.hangul.pale <= 1.0:
        raise UserError(f"trainer.hangul.pale={trainer.hangul.pale}: a part from 0 to 1 is needed")
    if not 0.0 <= trainer.hangul.negatives < 1.0:
        raise UserError(f"trainer.hangul.negatives={trainer.hangul.negatives}: a part from 0 to below 1 is needed")
    if trainer.hangul.strength not in STRENGTHS:
        raise UserError("trainer.hangul.strength: " + unknown_name("strength", trainer.hangul.strength, list(STRENGTHS)))
