"""Measures the live model at the end of each epoch."""

from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback


@CALLBACKS.register("validation")
class Validation(BaseCallback):
    """Adds the trainer's validation metrics to the epoch's logs; must come first."""

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        with self.context.trainer.averaged():
            logs.update(self.context.trainer.validate(self.context.predictor))
