"""Trains for so many minutes: moves the clock on, lets the learning rate follow it, and stops in time."""

import time
from typing import Any

import keras
import numpy as np

from base.fitting.budget import TimeBudget
from base.registry import CALLBACKS
from callbacks.base import BaseCallback

SECONDS_A_RATE = 1.0  # between changes of the learning rate: on JAX each waits for the device
LONGEST_RISE = 0.1  # of the budget
ENDING = 0.1  # of the budget that the end of an epoch is thought to take, until one has been seen
MARGIN = 1.5  # times as long as the end of the last epoch took is kept free for the end of all
COMPILING = "/jax/core/compile/"


@CALLBACKS.register("clock")
class Clock(BaseCallback):
    """Counts training and validation, but not what a process does only once: compiling, the first step, the first validation.

    Where a budget must be over at a fixed time, all that is not counted makes it smaller, and so does what the end of an
    epoch, with its validation and checkpoint, is going to take.

    Does nothing where the budget is one of steps. Must stand after what is to be counted, and before the checkpoint.
    """

    def __init__(self, context, **options) -> None:
        super().__init__(context, **options)
        budget = context.trainer.budget
        self.budget: TimeBudget | None = budget if isinstance(budget, TimeBudget) else None
        self.compiled = CompileTime()
        self.last: float | None = None
        self.has_validated = False
        self.rated = -SECONDS_A_RATE
        self.stepped: float | None = None
        if self.budget:
            self.budget.used_seconds = 0.0
            self.ending = ENDING * self.budget.seconds

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self.stepped is not None:
            self.ending = MARGIN * (time.perf_counter() - self.stepped)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        if self.budget and self.now() - self.rated >= SECONDS_A_RATE:
            self.rated = self.now()
            self.change_rate(self.budget)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if self.budget:
            self.stepped = time.perf_counter()
            self.move_on(self.budget)

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Counts what the callbacks before it took, but for the first time."""
        if self.budget and not self.has_validated:
            self.has_validated, self.last = True, self.now()
        elif self.budget:
            self.move_on(self.budget)

    def move_on(self, budget: TimeBudget) -> None:
        """Adds the time since the last call, and stops the training when the budget is used up."""
        if self.last is not None:
            budget.used_seconds += self.now() - self.last
        self.last = self.now()
        self.reckon(budget)
        if budget.used_seconds >= budget.seconds:
            self.model.stop_training = True

    def reckon(self, budget: TimeBudget) -> None:
        """Brings what there is in line with what is left until the fixed end."""
        if budget.ends_at is not None:
            budget.seconds = budget.used_seconds + max(0.0, budget.ends_at - time.perf_counter() - self.ending)

    def change_rate(self, budget: TimeBudget) -> None:
        """Sets the learning rate of the moment."""
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()
        optimizer, cfg = self.model.optimizer, self.context.cfg.trainer
        if cfg.schedule != "constant":
            step = int(keras.ops.convert_to_numpy(optimizer.iterations))
            optimizer.learning_rate = rate_at(cfg, step, budget.share(step))

    def now(self) -> float:
        """Seconds since any point, without those of compiling."""
        return time.perf_counter() - self.compiled.seconds

    def state(self) -> dict[str, Any]:
        return {"used_seconds": self.budget.used_seconds} if self.budget else {}

    def restore(self, state: dict[str, Any]) -> None:
        if self.budget:
            self.budget.used_seconds = state.get("used_seconds", 0.0)
            self.reckon(self.budget)


class CompileTime:
    """How long JAX has compiled since this was made; nothing on other backends.

    Attributes:
        seconds: so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        if keras.backend.backend() == "jax":
            import jax

            jax.monitoring.register_event_duration_secs_listener(self._add)

    def _add(self, event: str, duration: float, **_: Any) -> None:
        if event.startswith(COMPILING):
            self.seconds += duration


def rate_at(cfg: Any, step: int, share: float) -> float:
    """The learning rate of a training by the clock.

    Args:
        cfg: the values of ``configs/trainer/*.yaml``. The rise takes ``warmup_steps``, or a tenth of the budget where that is
            sooner; the cosine and the phases stretch over the budget.
        step: 0 and up.
        share: how much of the budget is used, 0..1.
    """
    if cfg.schedule == "constant":
        return cfg.learning_rate
    if cfg.schedule == "phases":
        steps, rates = zip(*cfg.phases, strict=True)
        ends = np.cumsum(steps) / np.sum(steps)
        return rates[min(int(np.searchsorted(ends, share, side="right")), len(rates) - 1)]
    risen = min(1.0, max((step + 1) / max(1, cfg.warmup_steps), share / LONGEST_RISE))
    falling = 0.5 * (1.0 + np.cos(np.pi * share))
    return cfg.final_learning_rate + (cfg.learning_rate - cfg.final_learning_rate) * risen * falling
