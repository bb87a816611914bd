"""The keys of mode=generate."""

from dataclasses import dataclass

from base.errors import UserError
from configs.mode.convert import check_writing
from configs.mode.train import Mode

TASK_IS_OPTIONAL = True
DATA_IS_NEEDED = True
WHEN_STOPPED = "the same command goes on where it was"


@dataclass
class Config:
    """How many samples to write, and where to."""

    mode: Mode
    output: str  # folder
    count: int  # samples in each split
    splits: list[str]  # train, val, test
    format: str  # registered format
    truth: bool
    processes: int
    overwrite: bool


def check(cfg) -> None:
    """Raises UserError for an unknown split or format, or nothing to do."""
    if cfg.count < 1:
        raise UserError(f"count={cfg.count}: at least 1 sample is needed")
    check_writing(cfg)
    if cfg.get("task") and (cfg.format != "folder" or cfg.truth):
        raise UserError("format and truth are for data without a task: a task's samples are a folder with all that is known")
    if cfg.get("task") and cfg.task.name != "eraser":
        raise UserError(
            f"task={cfg.task.name} draws nothing of its own: mode=generate data=synthetic without a task writes lines"
        )
    if not cfg.get("task") and cfg.data.get("length") is None:
        raise UserError(
            f"data={cfg.data.name} has samples of its own: mode=convert writes them; mode=generate data=synthetic makes some up"
        )
