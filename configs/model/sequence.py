"""What the configs of the readers that write character by character have in common."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.reader import Reader, check_reader


@dataclass
class Sequence(Reader):
    """The keys of every such reader."""

    beam_width: int  # texts
    label_smoothing: float  # 0..1
    sampling: float  # 0..1
    ctc_weight: float  # 0..1


def check_sequence(cfg) -> None:
    """Raises UserError for numbers that cannot be trained or searched with."""
    check_reader(cfg)
    if cfg.model.beam_width < 1:
        raise UserError(f"model.beam_width={cfg.model.beam_width}: at least 1, which is greedy")
    for key in ("label_smoothing", "sampling", "ctc_weight"):
        if not 0.0 <= cfg.model[key] < 1.0:
            raise UserError(f"model.{key}={cfg.model[key]}: a part from 0 to below 1 is needed")
