"""What trainer=lines can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from base.registry import unknown_name
from configs.trainer import eraser
from preprocessing.augment import STRENGTHS


@dataclass
class Lines:
    """How lines become batches; see `data_generators.line_batches.LineShape`."""

    batch_size: int
    widest_px: int
    multiple_px: int
    window: int
    strength: str
    zoom: list[float]
    stretch: list[float]


@dataclass
class Config(eraser.Config):
    """How to fit."""

    ema_momentum: float  # 0..1
    lines: Lines


def check(cfg) -> None:
    """Raises UserError for names and numbers that cannot be trained with."""
    if "charset" not in cfg:
        raise UserError(f"trainer=lines trains readers: use trainer={cfg.task.name} with task={cfg.task.name}")
    check_lines(cfg)


def check_lines(cfg) -> None:
    """The rules of the keys that all trainers of readers share."""
    eraser.check_fitting(cfg)
    lines = cfg.trainer.lines
    if not 0.0 <= cfg.trainer.ema_momentum < 1.0:
        raise UserError(f"trainer.ema_momentum={cfg.trainer.ema_momentum}: from 0 (none) to below 1, such as 0.998")
    if lines.strength not in STRENGTHS:
        raise UserError("trainer.lines.strength: " + unknown_name("strength", lines.strength, list(STRENGTHS)))
    for key in ("batch_size", "window"):
        if lines[key] < 1:
            raise UserError(f"trainer.lines.{key}={lines[key]}: it must be at least 1")
    if lines.multiple_px < 8 or lines.multiple_px % 8:
        raise UserError(f"trainer.lines.multiple_px={lines.multiple_px}: a multiple of 8 is needed")
    if lines.widest_px < cfg.model.height_px:
        raise UserError(f"trainer.lines.widest_px={lines.widest_px}: at least model.height_px={cfg.model.height_px}")
    for key in ("zoom", "stretch"):
        if len(lines[key]) != 2 or not 0.1 <= lines[key][0] <= lines[key][1] <= 4.0:
            raise UserError(f"trainer.lines.{key}={list(lines[key])}: a range within 0.1 to 4 is needed, such as [0.8, 1.2]")
