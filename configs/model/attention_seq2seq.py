"""What model=attention_seq2seq can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model import conv_ctc
from configs.model.sequence import Sequence, check_sequence


@dataclass
class Config(Sequence, conv_ctc.Config):
    """The encoder of conv_ctc, and a decoder."""

    decoder_width: int  # of its vectors
    decoder_blocks: int
    heads: int  # of each attention


def check(cfg) -> None:
    """Raises UserError where the sizes make no network."""
    check_sequence(cfg)
    conv_ctc.check(cfg)
    model = cfg.model
    if min(model.decoder_width, model.decoder_blocks, model.heads) < 1 or model.decoder_width % (2 * model.heads):
        raise UserError(f"model.decoder_width={model.decoder_width}: a multiple of twice model.heads={model.heads} is needed")
