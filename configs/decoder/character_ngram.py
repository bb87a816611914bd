"""What decoder=character_ngram can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.decoder import beam
from utils.language.shipped import language_model, shipped_languages


@dataclass
class Config(beam.Config):
    """A beam search with a character n-gram model."""

    model: str  # a shipped language, an .npz file of mode=learn_text, or an ARPA file
    weight: float
    bonus: float


def check(cfg) -> None:
    """Raises UserError for a model that is not there, or weights that make no sense."""
    beam.check(cfg)
    if not language_model(cfg.decoder.model).is_file():
        shipped = ", ".join(shipped_languages())
        raise UserError(
            f"decoder.model={cfg.decoder.model}: there is no such file; mode=learn_text writes one, and {shipped} ship"
        )
    if cfg.decoder.weight < 0:
        raise UserError(f"decoder.weight={cfg.decoder.weight}: it must not be below 0")
