"""The keys of mode=compare."""

from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from configs.mode.train import Mode

TASK_IS_OPTIONAL = True
DATA_IS_UNUSED = True
LINES = "lines.tsv"


@dataclass
class Config:
    """What to compare, and where to write."""

    mode: Mode
    runs: list[str]  # two run folders
    output: str  # folder
    overwrite: bool
    resamples: int


def check(cfg) -> None:
    """Raises UserError where there are not two runs with readings."""
    if len(cfg.runs) != 2:
        raise UserError(f"runs={list(cfg.runs)}: name two run folders, as in runs=[FIRST,SECOND]")
    for run in cfg.runs:
        if not (Path(run) / LINES).is_file():
            raise UserError(f"runs: {run} has no {LINES}: it must be the folder of a training or evaluation of task=lines")
    if cfg.resamples < 100:
        raise UserError(f"resamples={cfg.resamples}: at least 100 are needed for an interval")
