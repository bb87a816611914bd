"""What model=unet can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.eraser import Loss, check_network

PATCH_PX = 4


@dataclass
class Config:
    """A U-Net over patches."""

    name: str
    task: str
    width: int  # channels on the finest level
    growth: int  # channels more on each coarser level
    depth: int  # halvings of the resolution below the patch grid
    blocks: int  # residual blocks on each level, down and up
    head: int  # units that turn a patch's features into its pixels
    normalise: str  # batch, group, none
    loss: Loss


def check_sizes(model) -> None:
    """Raises UserError for sizes that make no network."""
    if min(model.width, model.blocks, model.head) < 1 or min(model.depth, model.growth) < 0:
        raise UserError("model: width, blocks and head must be at least 1, depth and growth at least 0")


def check(cfg) -> None:
    """Raises UserError where the training canvases cannot be halved that often, or sizes make no network."""
    check_network(cfg)
    model = cfg.model
    check_sizes(model)
    if cfg.mode.name not in ("train", "demo"):
        return
    stride = PATCH_PX * 2**model.depth
    for _, height, width in cfg.data.shapes:
        if height % stride or width % stride:
            raise UserError(
                f"model.depth={model.depth}: data.shapes {height}x{width} is not a multiple of {stride} px; "
                "lower the depth or change data.shapes"
            )
