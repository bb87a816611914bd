"""What model=conv_ctc_large can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model import conv_ctc


@dataclass
class Config(conv_ctc.Config):
    """The keys of conv_ctc, and those of the attention."""

    attention_blocks: int
    heads: int
    hidden: int  # units


def check(cfg) -> None:
    """Raises UserError where the sizes make no network."""
    conv_ctc.check(cfg)
    model = cfg.model
    if min(model.attention_blocks, model.heads, model.hidden) < 1:
        raise UserError("model.attention_blocks, model.heads and model.hidden: at least 1 each")
    channels = 2 * model.lstm[-1] if model.lstm else model.columns
    if channels % model.heads:
        raise UserError(f"model.heads={model.heads}: it must divide the {channels} channels of a column")
