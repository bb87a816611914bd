"""What decoder=lexicon can be asked for."""

from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from configs.decoder import beam


@dataclass
class Config(beam.Config):
    """A beam search with a list of words."""

    words: str  # file
    unknown_word: float
    bonus: float


def check(cfg) -> None:
    """Raises UserError for a list that is not there, or a reward for words that it lacks."""
    beam.check(cfg)
    if not Path(cfg.decoder.words).is_file():
        raise UserError(f"decoder.words={cfg.decoder.words}: there is no such file")
    if cfg.decoder.unknown_word > 0:
        raise UserError(f"decoder.unknown_word={cfg.decoder.unknown_word}: it must not be above 0")
