"""What decoder=word_ngram can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.decoder import character_ngram


@dataclass
class Config(character_ngram.Config):
    """A beam search with a word n-gram model."""

    unknown_word: float


def check(cfg) -> None:
    """Raises UserError for a model that is not there, or weights that make no sense."""
    character_ngram.check(cfg)
    if cfg.decoder.unknown_word > 0:
        raise UserError(f"decoder.unknown_word={cfg.decoder.unknown_word}: it must not be above 0")
