"""What model=patch_dilated can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.eraser import Loss, check_network


@dataclass
class Config:
    """Dilated convolutions on a grid of patches."""

    name: str
    task: str
    width: int  # channels
    depth: int  # convolutions
    dilations: int  # dilation doubles this many times before it starts again at 1
    normalise: str  # batch, group, none
    loss: Loss


def check(cfg) -> None:
    """Raises UserError where the model does not fit the task, or has no dilation at all."""
    check_network(cfg)
    if cfg.model.dilations < 1:
        raise UserError(f"model.dilations={cfg.model.dilations}: at least 1, for no dilation")
