"""What model=seq2seq can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.sequence import Sequence, check_sequence


@dataclass
class Config(Sequence):
    """Convolutions and two LSTMs."""

    filters: list[int]  # of each convolution
    kernels: list[int]  # of each convolution, px
    units: int  # of each LSTM


def check(cfg) -> None:
    """Raises UserError where the sizes make no network."""
    check_sequence(cfg)
    model = cfg.model
    if len(model.filters) != len(model.kernels) or min([*model.filters, *model.kernels], default=0) < 1:
        raise UserError("model.filters and model.kernels: as many of each, all at least 1")
    if model.height_px % 2 ** len(model.filters):
        raise UserError(f"model.height_px={model.height_px}: a multiple of {2 ** len(model.filters)} is needed, for the pools")
    lines, stride = (cfg.get("trainer") or {}).get("lines"), 2 ** len(model.filters)
    if lines is not None and any(bucket % stride for bucket in lines.buckets) and cfg.task.name != "self_training":
        raise UserError(f"trainer.lines.buckets={list(lines.buckets)}: model=seq2seq needs multiples of {stride}, for its pools")
    if model.ctc_weight > 0:
        raise UserError("model.ctc_weight: seq2seq has one vector for the whole image, no frames; use 0")
    if model.units % 4:
        raise UserError(f"model.units={model.units}: a multiple of 4 is needed")
