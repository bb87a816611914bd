"""The keys of mode=learn."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode.train import Mode

WHEN_STOPPED = "the same command goes on where it was"
TASK = "lines"


@dataclass
class Config:
    """Where the results go, and how much it gives way."""

    mode: Mode
    output: str  # folder
    niceness: int
    resamples: int


def check(cfg) -> None:
    """Raises UserError where there is nothing to begin with, or another task."""
    if cfg.task.name != TASK:
        raise UserError(f"mode=learn is for readers of task={TASK}; task={cfg.task.name} is trained by mode=train")
    if cfg.trainer.init is None:
        raise UserError("trainer.init= is missing: name the bundle that shall learn, such as experiments/pretrained/lines")
    if not 0 <= cfg.niceness < 20:
        raise UserError(f"niceness={cfg.niceness}: from 0 to 19")
    if cfg.resamples < 100:
        raise UserError(f"resamples={cfg.resamples}: at least 100 are needed for an interval")
