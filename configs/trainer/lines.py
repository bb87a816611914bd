"""What trainer=lines can be asked for."""

from dataclasses import dataclass
from pathlib import Path

from omegaconf import OmegaConf

from base.bundle import MANIFEST
from base.errors import UserError
from base.registry import ROOT, unknown_name
from configs.trainer import eraser
from preprocessing.augment import STRENGTHS
from utils.configuration.values import plain

MOST_BUCKETS = 6  # each is compiled for itself on JAX
BUCKET_UNIT_PX = 32  # what the networks' strides divide


@dataclass
class Lines:
    """How lines become batches; see `data_generators.batches.plan.LineShape`."""

    buckets: list[int]
    batch_px: int
    label_px: int
    window: int
    streams: int
    strength: str
    zoom: list[float]
    stretch: list[float]


@dataclass
class Config(eraser.Config):
    """How to fit."""

    ema_momentum: float  # 0..1
    distil: str | None  # a bundle to learn from
    distil_weight: float  # 0..1
    beside: str | None  # a model
    lines: Lines


def check(cfg) -> None:
    """Raises UserError for names and numbers that cannot be trained with."""
    if "charset" not in cfg:
        raise UserError(f"trainer=lines trains readers: use trainer={cfg.task.name} with task={cfg.task.name}")
    check_lines(cfg)


def check_lines(cfg) -> None:
    """The rules of the keys that all trainers of readers share."""
    eraser.check_fitting(cfg)
    check_distilling(cfg)
    check_beside(cfg)
    lines = cfg.trainer.lines
    if not 0.0 <= cfg.trainer.ema_momentum < 1.0:
        raise UserError(f"trainer.ema_momentum={cfg.trainer.ema_momentum}: from 0 (none) to below 1, such as 0.998")
    if lines.strength not in STRENGTHS:
        raise UserError("trainer.lines.strength: " + unknown_name("strength", lines.strength, list(STRENGTHS)))
    check_buckets(lines, cfg.model.get("height_px"))
    for key in ("zoom", "stretch"):
        if len(lines[key]) != 2 or not 0.1 <= lines[key][0] <= lines[key][1] <= 4.0:
            raise UserError(f"trainer.lines.{key}={list(lines[key])}: a range within 0.1 to 4 is needed, such as [0.8, 1.2]")


def check_distilling(cfg) -> None:
    """Raises UserError where there is no teacher, or a student that cannot learn from one."""
    trainer = cfg.trainer
    if trainer.distil is None:
        return
    if cfg.task.name != "lines":
        raise UserError(f"trainer.distil: it is for task=lines, whose readers have frames, not task={cfg.task.name}")
    if not (Path(trainer.distil) / MANIFEST).is_file():
        raise UserError(f"trainer.distil={trainer.distil} is not a bundle (it has no {MANIFEST})")
    if not 0.0 < trainer.distil_weight <= 1.0:
        raise UserError(f"trainer.distil_weight={trainer.distil_weight}: more than 0, at most 1")


def check_beside(cfg) -> None:
    """Raises UserError where two models cannot learn side by side."""
    name = cfg.trainer.beside
    if name is None:
        return
    if cfg.task.name != "lines":
        raise UserError(f"trainer.beside: it is for task=lines, not task={cfg.task.name}")
    readers = [path.stem for path in (ROOT / "configs" / "model").glob("*.yaml") if task_of(path) == "lines"]
    if name not in readers:
        raise UserError(f"trainer.beside: {unknown_name('reader of lines', name, readers)}")


def task_of(path: Path) -> str | None:
    """What a model's file says that it is for."""
    return plain(OmegaConf.load(path)).get("task")  # type: ignore[arg-type]


def check_buckets(lines, height_px: int | None) -> None:
    """The rules of the shapes of batches; ``height_px`` is the network's, where it is known."""
    for key in ("batch_px", "label_px", "window", "streams"):
        if lines[key] < 1:
            raise UserError(f"trainer.lines.{key}={lines[key]}: it must be at least 1")
    buckets = list(lines.buckets)
    if not buckets or buckets != sorted(set(buckets)) or len(buckets) > MOST_BUCKETS:
        raise UserError(
            f"trainer.lines.buckets={buckets}: 1 to {MOST_BUCKETS} ascending widths are needed, as in [512,1024,2048]"
        )
    for bucket in buckets:
        if bucket % BUCKET_UNIT_PX:
            raise UserError(f"trainer.lines.buckets={buckets}: {bucket} is no multiple of {BUCKET_UNIT_PX}")
    if height_px is not None and buckets[0] < height_px:
        raise UserError(f"trainer.lines.buckets={buckets}: {buckets[0]} px is narrower than any text, {height_px} px high")
    if lines.batch_px < buckets[-1]:
        raise UserError(f"trainer.lines.batch_px={lines.batch_px}: not even one line of {buckets[-1]} px, the widest bucket")
