"""What model=inception_resnet can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.hangul import Hangul, check_hangul

LEAST_PX = 75


@dataclass
class Config(Hangul):
    """InceptionResNetV2."""


def check(cfg) -> None:
    """Raises UserError where the parts make no network."""
    check_hangul(cfg)
    if cfg.model.image_px < LEAST_PX:
        raise UserError(f"model.image_px={cfg.model.image_px}: inception_resnet takes no less than {LEAST_PX}")
