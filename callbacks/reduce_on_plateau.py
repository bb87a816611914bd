"""Lowers the learning rate when the objective stands still."""

from typing import Any

from base.callback import BaseCallback
from base.registry import CALLBACKS


@CALLBACKS.register("reduce_on_plateau")
class ReduceOnPlateau(BaseCallback):
    """Multiplies the rate by ``factor`` after ``patience_epochs`` epochs without a better value, down to ``lowest``.

    Needs ``trainer.schedule=constant``: the optimizer's rate is then a variable, which the checkpoint keeps.
    """

    def __init__(self, context, **options) -> None:
        super().__init__(context, **options)
        self.best: float | None = None
        self.waited = 0

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        value = float(logs[self.context.monitored])
        if self.context.better(value, self.best):
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited >= self.options["patience_epochs"]:
            rate = float(self.model.optimizer.learning_rate)
            self.model.optimizer.learning_rate = max(rate * self.options["factor"], self.options["lowest"])
            self.waited = 0

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        self.best, self.waited = state.get("best"), state.get("waited", 0)
