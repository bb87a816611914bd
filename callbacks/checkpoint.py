"""Everything that a run needs to go on exactly where it was."""

import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np

from base.errors import UserError
from base.fitting.budget import TimeBudget
from base.registry import CALLBACKS
from callbacks.base import BaseCallback
from utils.files.whole import written_whole

LAST = "checkpoints/last.npz"
BEST = "checkpoints/best.npz"
COUNTED = r"_\d+(?=[/_]|$)"  # what Keras adds to names that there were before in the process


@CALLBACKS.register("checkpoint")
class Checkpoint(BaseCallback):
    """Saves the last state after each epoch, and the weights of the best epoch; must come last.

    The state is every variable of model and optimizer (`save_weights` would leave out the dropout generators), and
    the state of the other callbacks.
    """

    def __init__(self, context, **options) -> None:
        super().__init__(context, **options)
        self.best: float | None = None
        self.others: list[BaseCallback] = []

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Saves; raises UserError where the loss is not a number any more, and keeps what was saved before."""
        if not np.isfinite(logs.get("loss", 0.0)):
            raise UserError(
                f"epoch {epoch + 1}: the loss is not a number any more: lower trainer.learning_rate or "
                "trainer.gradient_clip_norm, or train in runtime.precision=float32"
            )
        value = float(logs[self.context.monitored])
        if value == self.best or self.context.better(value, self.best):  # of equal epochs the later one: it has learned more
            self.best = value
            with self.context.trainer.averaged(), written_whole(self.context.folder / BEST) as aside:
                np.savez(aside, allow_pickle=False, **self.context.trainer.model.weights())
        self.save(self.context.folder / LAST, epoch + 1)

    def save(self, path: Path, next_epoch: int) -> None:
        """Writes the state from which ``next_epoch`` can be trained."""
        state = {
            "next_epoch": next_epoch,
            "stopped": bool(self.model.stop_training),
            "callbacks": {_name(callback): callback.state() for callback in [self, *self.others]},
        }
        arrays = {name: np.asarray(variable) for name, variable in self._variables().items()}
        with written_whole(path) as aside:
            np.savez(aside, allow_pickle=False, state=np.array(json.dumps(state)), **arrays)

    def resume(self) -> int:
        """Restores the last state, if there is one; returns the epoch to train next.

        Raises:
            UserError: the checkpoint is of another network.
        """
        path = self.context.folder / LAST
        if not path.is_file():
            return 0
        with np.load(path) as stored:
            arrays = dict(stored)
        state = json.loads(str(arrays.pop("state")))
        variables = self._variables()
        if other := _first_difference(arrays, variables):
            raise UserError(
                f"{path} belongs to another network ({other}): give the model, the charset and the optimizer that it was "
                "trained with, or start anew with trainer.resume=never"
            )
        for name, variable in variables.items():
            variable.assign(arrays[name])
        for callback in [self, *self.others]:
            callback.restore(state["callbacks"].get(_name(callback), {}))
        self.context.trainer.network.stop_training = state["stopped"] and not self._has_more_time()
        return int(state["next_epoch"])

    def load_best(self) -> None:
        """Gives the network the weights of its best epoch."""
        with np.load(self.context.folder / BEST) as stored:
            self.context.trainer.model.load_weights(dict(stored))

    def _has_more_time(self) -> bool:
        """Whether a clock that stopped the run before has been given more minutes since."""
        budget = self.context.trainer.budget
        return isinstance(budget, TimeBudget) and budget.used_seconds < budget.seconds

    def _variables(self) -> dict[str, Any]:
        """Every variable by its place and its path."""
        network = self.context.trainer.network
        every = [*network.variables, *network.optimizer.variables]
        return {f"{place:05d}/{re.sub(COUNTED, '', variable.path)}": variable for place, variable in enumerate(every)}

    def state(self) -> dict[str, Any]:
        return {"best": self.best}

    def restore(self, state: dict[str, Any]) -> None:
        self.best = state.get("best")


def _first_difference(arrays: dict[str, np.ndarray], variables: dict[str, Any]) -> str | None:
    """What of a checkpoint does not fit the variables; None where all does."""
    for name in sorted({*arrays} ^ {*variables}):
        return f"{'only it' if name in arrays else 'it lacks what is now'} {name.partition('/')[2]}"
    for name, variable in variables.items():
        array, shape, dtype = arrays[name], tuple(variable.shape), np.dtype(keras.backend.standardize_dtype(variable.dtype))
        counts = {array.dtype.kind, dtype.kind} <= {"i", "u"}  # the states of random generators differ so between backends
        if array.shape != shape or not (counts or array.dtype == dtype):
            return f"its {name.partition('/')[2]} is {array.dtype} {array.shape}, not {dtype} {shape}"
    return None


def _name(callback: BaseCallback) -> str:
    return type(callback).__name__
