"""Hands over what has been learned so far after every epoch."""

from pathlib import Path
from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback
from utils.runs.handover import hand_over


@CALLBACKS.register("hand_over")
class HandOver(BaseCallback):
    """After every epoch: a machine that is lent for some minutes may be gone before the end. Stands after the checkpoint.

    Args:
        context: the run.
        output: folder.
    """

    def __init__(self, context, output: str, **options) -> None:
        super().__init__(context, **options)
        self.output = Path(output)

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Writes the weights of the best epoch, and the last ones of companions."""
        hand_over(self.context.trainer, self.context.folder, self.output, state=False)
