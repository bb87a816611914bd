"""What model=denseran can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.hangul import Hangul, check_hangul


@dataclass
class Config(Hangul):
    """A dense network."""

    growth: int  # channels that each layer adds
    blocks: list[int]  # layers of the dense blocks


def check(cfg) -> None:
    """Raises UserError where the parts make no network."""
    check_hangul(cfg)
    if cfg.model.growth < 1 or min(cfg.model.blocks, default=0) < 1:
        raise UserError("model.growth and model.blocks: numbers from 1 on are needed")
