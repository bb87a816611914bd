"""Counting the epochs that bring nothing."""

from typing import Any

from callbacks.base import BaseCallback


class PatientCallback(BaseCallback):
    """A callback that acts after ``patience_epochs`` epochs without a better value of the objective."""

    def __init__(self, context, **options) -> None:
        super().__init__(context, **options)
        self.best: float | None = None
        self.waited = 0

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Counts, and acts when patience has run out."""
        value = float(logs[self.context.monitored])
        if self.context.better(value, self.best):
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited >= self.options["patience_epochs"]:
            self.waited = 0
            self.act()

    def act(self) -> None:
        """What to do when patience has run out."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        self.best, self.waited = state.get("best"), state.get("waited", 0)
