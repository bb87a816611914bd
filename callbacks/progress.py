"""A progress bar with throughput."""

import sys
import time
from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback


@CALLBACKS.register("progress")
class Progress(BaseCallback):
    """One line an epoch: steps, steps per second, loss, time left; rewritten in place on a terminal."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.begun, self.epoch, self.drawn, self.done = time.perf_counter(), epoch + 1, 0.0, 0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        now, self.done = time.perf_counter(), batch + 1
        if sys.stderr.isatty() and now - self.drawn > 0.5:
            self.drawn = now
            self._show(logs or {}, end="")

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        self._show(logs, end="\n")

    def _show(self, logs: dict, end: str) -> None:
        seconds = time.perf_counter() - self.begun
        done, steps = self.done, self.context.trainer.steps
        pace = done / max(seconds, 1e-9)
        numbers = "  ".join(f"{name} {float(value):.4f}" for name, value in logs.items() if "." not in name)
        bar = "#" * int(20 * done / steps)
        start = "\r" if sys.stderr.isatty() else ""
        print(
            f"{start}{self.context.trainer.budget.position(self.epoch, steps)} [{bar:<20}] {done}/{steps}  "
            f"{pace:.2f} steps/s  {(steps - done) / max(pace, 1e-9):3.0f} s left  {numbers}",
            end=end,
            file=sys.stderr,
            flush=True,
        )
