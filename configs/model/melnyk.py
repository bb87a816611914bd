"""What model=melnyk can be asked for."""

from dataclasses import dataclass

from configs.model.hangul import Hangul, check_hangul


@dataclass
class Config(Hangul):
    """14 convolutions."""


def check(cfg) -> None:
    """Raises UserError where the parts make no network."""
    check_hangul(cfg)
