"""The keys of mode=compact."""

from dataclasses import dataclass

from configs.mode.train import Mode

TASK_IS_OPTIONAL = True
DATA_IS_UNUSED = True


@dataclass
class Config:
    """What to make smaller."""

    mode: Mode
    weights: str  # a bundle folder
