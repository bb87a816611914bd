"""What model=patch_resnet can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.hangul import Hangul, check_hangul


@dataclass
class Config(Hangul):
    """Residual convolutions over patches."""

    patch_px: int
    widths: list[int]  # channels of the stages
    blocks: list[int]  # residual blocks of the stages


def check(cfg) -> None:
    """Raises UserError where the parts make no network."""
    check_hangul(cfg)
    model = cfg.model
    if len(model.widths) != len(model.blocks) or min([*model.widths, model.patch_px]) < 1 or min(model.blocks) < 0:
        raise UserError("model.widths and model.blocks: as many of each, for the stages")
