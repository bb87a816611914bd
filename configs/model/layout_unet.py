"""What model=layout_unet can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.eraser import check_task


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
    check_task(cfg)
    model = cfg.model
    if min(model.width, model.blocks, model.head) < 1 or min(model.depth, model.growth) < 0:
        raise UserError("model: width, blocks and head must be at least 1, depth and growth at least 0")
    if model.page_px < 256:
        raise UserError(f"model.page_px={model.page_px}: at least 256 pixels are needed to see lines")
