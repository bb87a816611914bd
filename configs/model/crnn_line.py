"""What model=crnn_line can be asked for."""

from dataclasses import dataclass

from configs.model.reader import Recurrent, check_recurrent


@dataclass
class Config(Recurrent):
    """Convolutions, then BiLSTMs."""


def check(cfg) -> None:
    """Raises UserError where the sizes make no network."""
    check_recurrent(cfg)
