"""Sends each epoch's numbers to MLflow and TensorBoard, and keeps them in the run folder."""

import csv
import time
from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback


@CALLBACKS.register("scalars")
class Scalars(BaseCallback):
    """Appends to ``history.csv`` and logs to the tracker; adds ``seconds`` and ``learning_rate``."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.begun = time.perf_counter()

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Writes and logs the epoch's numbers."""
        rate = float(self.model.optimizer.learning_rate)
        values = {
            **{name: float(value) for name, value in logs.items()},
            "learning_rate": rate,
            "seconds": time.perf_counter() - self.begun,
        }
        path = self.context.folder / "history.csv"
        new = not path.is_file()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["epoch", *values])
            writer.writerow([epoch + 1, *values.values()])
        self.context.tracker.log_metrics(values, epoch + 1)
