"""What model=patch_dilated can be asked for."""

from dataclasses import dataclass

from configs.model.eraser import Loss, check_task


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
    """Raises UserError where the model does not fit the task."""
    check_task(cfg)
