"""What trainer=joint can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from base.registry import unknown_name
from configs.trainer.eraser import check_fitting
from configs.trainer.lines import Config as Reading
from configs.trainer.lines import check_beside, check_buckets, check_distilling

PARTS = ("eraser", "reader")


@dataclass
class Config(Reading):
    """How to fit."""

    freeze: list[str]  # of PARTS
    read_as_is: float  # 0..1


def check(cfg) -> None:
    """Raises UserError for another task, and for what cannot be trained with."""
    trainer = cfg.trainer
    if cfg.task.name != "joint":
        raise UserError(f"trainer=joint trains eraser and reader together: use trainer={cfg.task.name} with task={cfg.task.name}")
    check_fitting(cfg)
    check_buckets(trainer.lines, None)
    check_distilling(cfg)
    check_beside(cfg)
    for part in trainer.freeze:
        if part not in PARTS:
            raise UserError("trainer.freeze: " + unknown_name("part", str(part), list(PARTS)))
    if len(set(trainer.freeze)) == len(PARTS):
        raise UserError("trainer.freeze: with both parts frozen there is nothing to train")
    if not 0.0 <= trainer.read_as_is < 1.0:
        raise UserError(f"trainer.read_as_is={trainer.read_as_is}: a part from 0 to below 1 is needed")
