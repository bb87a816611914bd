"""What model=unet_deeperase can be asked for."""

from dataclasses import dataclass

from configs.model.eraser import Loss, check_network


@dataclass
class Config:
    """The reference's U-Net."""

    name: str
    task: str
    width: int  # channels at full resolution; doubled on each coarser level
    depth: int  # levels
    normalise: str  # batch, group, none
    loss: Loss


def check(cfg) -> None:
    """Raises UserError where the model does not fit the task."""
    check_network(cfg)
