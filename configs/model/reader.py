"""What the readers' configs have in common."""

from dataclasses import dataclass

from base.errors import UserError


@dataclass
class Reader:
    """The keys of every reader."""

    name: str
    task: str
    charset: str | None  # every character once; None until the training data are known
    height_px: int
    frame_px: int  # pixels of width for one frame
    dropout: float  # 0..1


def check_reader(cfg) -> None:
    """Raises UserError where model and task do not go together, or the sizes make no network."""
    model = cfg.model
    if "charset" not in cfg:
        raise UserError(f"model={model.name} reads, and task={cfg.task.name} does not: use task={model.task}")
    if not 0.0 <= model.dropout < 1.0:
        raise UserError(f"model.dropout={model.dropout}: a part from 0 to below 1 is needed")


@dataclass
class Recurrent(Reader):
    """The keys of the convolutional-recurrent readers."""

    convolutions: list[list[int]]  # kernel, channels, pool across, pool down
    lstm: list[int]


def check_recurrent(cfg) -> None:
    """Raises UserError where the pools do not leave one row, or do not make the frames."""
    check_reader(cfg)
    model, across, down = cfg.model, 1, 1
    for layer in model.convolutions:
        if len(layer) != 4 or min(layer) < 1:
            raise UserError(
                f"model.convolutions: {list(layer)} is not [kernel, channels, pool across, pool down], each at least 1"
            )
        across, down = across * layer[2], down * layer[3]
    if down != model.height_px:
        raise UserError(f"model.height_px={model.height_px}: the pools down leave one row of {down} px; change one of them")
    if model.frame_px not in (1, 2, 4, 8):
        raise UserError(f"model.frame_px={model.frame_px}: choose one of 1, 2, 4, 8")
    if across != model.frame_px:
        raise UserError(f"model.frame_px={model.frame_px}: the pools across make frames of {across} px; change one of them")
    if not model.lstm or min(model.lstm) < 1:
        raise UserError("model.lstm: the units of each BiLSTM are needed, such as [256, 256]")
