"""What model=vgg16 can be asked for."""

from dataclasses import dataclass

from configs.model.hangul import Hangul, check_hangul


@dataclass
class Config(Hangul):
    """VGG16."""


def check(cfg) -> None:
    """Raises UserError where the parts make no network."""
    check_hangul(cfg)
