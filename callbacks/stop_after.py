"""Ends a run when its time is up, so that runs of unlike networks can be compared."""

import time
from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback


@CALLBACKS.register("stop_after")
class StopAfter(BaseCallback):
    """Stops after the first epoch at whose end ``minutes`` of training have passed; validation does not count."""

    def __init__(self, context, **options) -> None:
        super().__init__(context, **options)
        self.seconds = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.begun = self.ended = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.ended = time.perf_counter()

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Adds the epoch's time, and stops when it is enough."""
        self.seconds += self.ended - self.begun
        if self.seconds >= 60 * self.options["minutes"]:
            self.model.stop_training = True

    def state(self) -> dict[str, Any]:
        return {"seconds": self.seconds}

    def restore(self, state: dict[str, Any]) -> None:
        self.seconds = state.get("seconds", 0.0)
