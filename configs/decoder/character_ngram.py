"""What decoder=character_ngram can be asked for."""

from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from configs.decoder import beam


@dataclass
class Config(beam.Config):
    """A beam search with a character n-gram model."""

    model: str  # ARPA file
    weight: float
    bonus: float


def check(cfg) -> None:
    """Raises UserError for a model that is not there, or weights that make no sense."""
    beam.check(cfg)
    if not Path(cfg.decoder.model).is_file():
        raise UserError(f"decoder.model={cfg.decoder.model}: there is no such file; mode=learn_text writes one")
    if cfg.decoder.weight < 0:
        raise UserError(f"decoder.weight={cfg.decoder.weight}: it must not be below 0")
