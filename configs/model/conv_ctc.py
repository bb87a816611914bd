"""What model=conv_ctc can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.model.reader import Reader, check_reader

ROWS_PX = 16  # what one row is left of


@dataclass
class Config(Reader):
    """Convolutions over patches, context over frames."""

    widths: list[int]  # channels of the three stages
    blocks: list[int]  # residual blocks of the three stages
    columns: int  # channels of a column
    dilations: list[int]  # of the residual blocks over columns
    lstm: list[int]  # units of each BiLSTM


def check(cfg) -> None:
    """Raises UserError where the sizes make no network."""
    check_reader(cfg)
    model = cfg.model
    if model.height_px < ROWS_PX or model.height_px % ROWS_PX:
        raise UserError(f"model.height_px={model.height_px}: a multiple of {ROWS_PX} is needed, such as 48 or 64")
    if model.frame_px not in (2, 4, 8):
        raise UserError(f"model.frame_px={model.frame_px}: choose one of 2, 4, 8")
    if len(model.widths) != 3 or len(model.blocks) != 3 or min([*model.widths, model.columns]) < 1 or min(model.blocks) < 0:
        raise UserError("model.widths and model.blocks: three numbers each, for the three stages")
    if min([*model.dilations, *model.lstm], default=1) < 1:
        raise UserError("model.dilations and model.lstm: lists of numbers from 1 on, or [] for none")
