"""What model=joint can be asked for."""

from dataclasses import dataclass
from typing import Any

from base.errors import UserError
from base.registry import unknown_name
from base.types import FAMILIES

MASKS = ("soft", "straight_through", "hard")


@dataclass
class Loss:
    """Weights of the parts of the loss: at the start, and from ``ramp_steps`` on."""

    recognition: list[float]
    ink: list[float]
    identity: list[float]
    ramp_steps: int


@dataclass
class Config:
    """An eraser before a reader."""

    name: str
    task: str
    eraser: dict[str, Any] | None  # values of an eraser's model
    reader: dict[str, Any] | None  # values of a reader's
    remove: list[str]  # families of artifacts
    mask: str  # soft, straight_through, hard
    threshold: float  # 0..1
    text_threshold: float  # 0..1
    loss: Loss


def check(cfg) -> None:
    """Raises UserError for another task, and for what makes no network."""
    model = cfg.model
    if model.task != cfg.task.name:
        raise UserError(f"model={model.name} is for task={model.task}, not for task={cfg.task.name}")
    if model.mask not in MASKS:
        raise UserError("model.mask: " + unknown_name("mask", model.mask, list(MASKS)))
    for family in model.remove:
        if family not in FAMILIES:
            raise UserError("model.remove: " + unknown_name("family of artifacts", family, list(FAMILIES)))
    if not model.remove:
        raise UserError("model.remove: name at least one family of artifacts")
    for key in ("recognition", "ink", "identity"):
        if len(model.loss[key]) != 2 or min(model.loss[key]) < 0:
            raise UserError(f"model.loss.{key}={list(model.loss[key])}: a pair of weights is needed, such as [1.0, 1.0]")
    for key in ("threshold", "text_threshold"):
        if not 0.0 < model[key] < 1.0:
            raise UserError(f"model.{key}={model[key]}: a probability between 0 and 1 is needed, such as 0.5")
