"""What the erasers' configs have in common."""

from dataclasses import dataclass

from base.errors import UserError

NORMALISATIONS = ("batch", "group", "none")


@dataclass
class Loss:
    """Weights of the parts of the loss."""

    cross_entropy: float
    dice: float
    artifact: float  # factor on the cross-entropy of pixels that hold the ink in question


def check_task(cfg) -> None:
    """Raises UserError where the model is for another task."""
    if cfg.model.task != cfg.task.name:
        raise UserError(f"model={cfg.model.name} is for task={cfg.model.task}, not for task={cfg.task.name}")


def check_network(cfg) -> None:
    """The same, and for an unknown normalisation or sizes that make no network."""
    check_task(cfg)
    if cfg.model.normalise not in NORMALISATIONS:
        raise UserError(f"model.normalise={cfg.model.normalise}: choose one of {', '.join(NORMALISATIONS)}")
    if cfg.model.normalise == "group" and cfg.model.width % 8:
        raise UserError(f"model.width={cfg.model.width}: with model.normalise=group it must be a multiple of 8")
    if min(cfg.model.width, cfg.model.depth) < 1:
        raise UserError("model.width and model.depth must be at least 1")
