"""Sends each epoch's numbers to MLflow and TensorBoard, and keeps them in the run folder."""

import time
from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback
from utils.runs.history import Row, write_history


@CALLBACKS.register("scalars")
class Scalars(BaseCallback):
    """Writes ``history.csv`` and logs to the tracker; adds ``seconds`` and ``learning_rate``.

    The history lies in the checkpoint: an epoch that a killed run has told of, but not kept, is told of once.
    """

    def __init__(self, context, **options) -> None:
        super().__init__(context, **options)
        self.rows: list[Row] = []

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
        self.rows.append({"epoch": epoch + 1, **values})
        write_history(self.context.folder / "history.csv", self.rows)
        self.context.tracker.log_metrics(values, epoch + 1)

    def state(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def restore(self, state: dict[str, Any]) -> None:
        self.rows = state.get("rows", [])
        if self.rows:
            write_history(self.context.folder / "history.csv", self.rows)
