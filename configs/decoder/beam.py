"""What decoder=beam can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.decoder import greedy


@dataclass
class Config:
    """A prefix beam search."""

    name: str
    width: int
    alternatives: int
    least_probability: float  # 0..1


def check(cfg) -> None:
    """Raises UserError for sizes that find nothing."""
    greedy.check(cfg)
    decoder = cfg.decoder
    if decoder.width < 1 or decoder.alternatives < 0:
        raise UserError("decoder.width must be at least 1, decoder.alternatives at least 0")
    if not 0.0 < decoder.least_probability < 1.0:
        raise UserError(f"decoder.least_probability={decoder.least_probability}: between 0 and 1, such as 1e-4")
