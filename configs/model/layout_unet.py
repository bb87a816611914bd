"""What model=layout_unet can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.eraser import check_network
from configs.model.unet import check_sizes


@dataclass
class Loss:
    """Weights of the parts of the loss."""

    cross_entropy: float
    dice: float
    present: float  # factor on the cross-entropy of pixels where there is something


@dataclass
class Config:
    """A U-Net over patches that answers with maps of lines."""

    name: str
    task: str
    page_px: int  # of the longer side
    width: int  # channels on the finest level
    growth: int  # channels more on each coarser level
    depth: int  # halvings of the resolution below the patch grid
    blocks: int  # residual blocks on each level, down and up
    head: int  # units that turn a patch's features into its pixels
    normalise: str  # batch, group, none
    loss: Loss


def check(cfg) -> None:
    """Raises UserError for another task, and sizes that make no network."""
    check_network(cfg)
    model = cfg.model
    check_sizes(model)
    if model.page_px < 256:
        raise UserError(f"model.page_px={model.page_px}: at least 256 pixels are needed to see lines")
