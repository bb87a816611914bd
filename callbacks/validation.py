"""Measures the live model at the end of each epoch."""

from typing import Any

from base.callback import BaseCallback
from base.registry import CALLBACKS


@CALLBACKS.register("validation")
class Validation(BaseCallback):
    """Adds the trainer's validation metrics to the epoch's logs; must come first."""

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        logs.update(self.context.trainer.validate(self.context.predictor))
