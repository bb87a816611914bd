"""What model=mobilenet can be asked for."""

from dataclasses import dataclass

from configs.model.hangul import Hangul, check_hangul


@dataclass
class Config(Hangul):
    """MobileNetV3."""


def check(cfg) -> None:
    """Raises UserError where the parts make no network."""
    check_hangul(cfg)
