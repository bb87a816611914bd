"""Measures the live model at the end of each epoch."""

from base.callback import BaseCallback
from base.registry import CALLBACKS


@CALLBACKS.register("validation")
class Validation(BaseCallback):
    """Adds the trainer's validation metrics to the epoch's logs; must come first."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs.update(self.context.trainer.validate(self.context.predictor))
