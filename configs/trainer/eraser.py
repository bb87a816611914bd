"""What trainer=eraser can be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.bundle import MANIFEST
from base.errors import UserError
from base.registry import unknown_name

OPTIMIZERS = ("adamw", "adam", "sgd", "adabound")
SCHEDULES = ("warmup_cosine", "constant", "phases")
MINUTES_OF = ("training", "run")


@dataclass
class Config:
    """How to fit."""

    name: str
    epochs: int
    steps_per_epoch: int
    minutes: float | None  # of training by the clock, in place of epochs; more than 0
    minutes_of: str  # training, run
    optimizer: str  # adamw, adam, sgd, adabound
    learning_rate: float  # the highest
    final_learning_rate: float  # what the cosine ends at
    weight_decay: float
    warmup_steps: int
    schedule: str  # warmup_cosine, constant, phases
    gradient_clip_norm: float  # of all gradients together
    phases: list[Any]  # steps, learning rate; of schedule=phases (a list of lists of float takes no 1000 for 1000.0)
    init: str | None  # a bundle whose weights to start from
    resume: str  # auto: go on with an unfinished run of this config; never; or a run folder


def check(cfg) -> None:
    """Raises UserError for another task, and for what cannot be trained with."""
    if cfg.task.name != "eraser":
        raise UserError(f"trainer=eraser trains erasers: use trainer={cfg.task.name} with task={cfg.task.name}")
    check_fitting(cfg)


def is_phase(values: Any) -> bool:
    """Whether these are a number of steps and a learning rate."""
    numbers = list(values) if isinstance(values, Sequence) else []
    return len(numbers) == 2 and all(isinstance(number, int | float) and number > 0 for number in numbers)


def check_fitting(cfg) -> None:
    """Raises UserError for names and numbers that nothing can be trained with."""
    trainer = cfg.trainer
    for key, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if trainer[key] not in known:
            raise UserError(f"trainer.{key}={trainer[key]}: choose one of {', '.join(known)}")
    for key in ("epochs", "steps_per_epoch", "learning_rate", "gradient_clip_norm"):
        if trainer[key] <= 0:
            raise UserError(f"trainer.{key}={trainer[key]}: it must be more than 0")
    if trainer.minutes is not None and trainer.minutes <= 0:
        raise UserError(f"trainer.minutes={trainer.minutes}: more than 0, or null to train for trainer.epochs")
    if trainer.minutes_of not in MINUTES_OF:
        raise UserError("trainer.minutes_of: " + unknown_name("kind of minutes", trainer.minutes_of, list(MINUTES_OF)))
    if trainer.schedule == "phases" and not (trainer.phases and all(map(is_phase, trainer.phases))):
        raise UserError("trainer.phases: schedule=phases needs [[steps, learning rate], ...], such as [[1000,1e-3],[2000,3e-5]]")
    if trainer.init is not None and not (Path(trainer.init) / MANIFEST).is_file():
        raise UserError(f"trainer.init={trainer.init} is not a bundle (it has no {MANIFEST})")
    if trainer.schedule == "warmup_cosine" and cfg.callbacks.get("reduce_on_plateau") is not None:
        raise UserError(
            "callbacks.reduce_on_plateau changes the learning rate that trainer.schedule=warmup_cosine sets: "
            "use trainer.schedule=constant with it"
        )
