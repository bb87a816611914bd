"""Everything that a run needs to go on exactly where it was."""

import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np

from base.arrays import read_arrays
from base.errors import UserError
from base.fitting.budget import TimeBudget
from base.registry import CALLBACKS
from callbacks.base import BaseCallback
from utils.files.whole import written_whole

LAST = "checkpoints/last.npz"
BEFORE = "checkpoints/before_last.npz"  # what is there where the last one cannot be read
BEST = "checkpoints/best.npz"
COUNTED = r"_\d+(?=[/_]|$)"  # what Keras adds to names that there were before in the process


@CALLBACKS.register("checkpoint")
class Checkpoint(BaseCallback):
    """Saves the last state after each epoch, and the weights of the best epoch; must come last.

    With ``keep=last`` the last epoch is the best one: where the validation split is what is measured at the end, nothing must be
    chosen by it. The state is every variable of model and optimizer (`save_weights` would leave out the dropout generators), and
    the state of the other callbacks.
    """

    def __init__(self, context, keep: str = "best", **options) -> None:
        super().__init__(context, **options)
        self.takes_last = keep == "last"
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
        is_better = value == self.best or self.context.better(value, self.best)  # of equal epochs the later one has learned more
        if self.takes_last or is_better:
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
            if path.is_file():
                path.replace(self.context.folder / BEFORE)

    def resume(self) -> int:
        """Restores the last state that can be read, if there is one; returns the epoch to train next.

        Raises:
            UserError: the checkpoint is of another network, or none of those that are there can be read.
        """
        path, arrays = self._last_readable()
        if not arrays:
            return 0
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

    def _last_readable(self) -> tuple[Path, dict[str, np.ndarray]]:
        """The newest checkpoint that is whole, and its arrays; none where there are no checkpoints."""
        there = [path for name in (LAST, BEFORE) if (path := self.context.folder / name).is_file()]
        for path in there:
            try:
                return path, read_arrays(path)
            except ValueError as error:
                print(f"note: {path} cannot be read ({error}): it was damaged after it was written")
                if path != there[-1]:  # else it would take the place of the one that can be read
                    path.replace(path.with_name(f"{path.stem}.damaged{path.suffix}"))
        if there:
            raise UserError(f"none of the checkpoints of {self.context.folder} can be read: start anew with trainer.resume=never")
        return self.context.folder / LAST, {}

    def load_best(self) -> None:
        """Gives the network the weights of its best epoch; where these cannot be read, it keeps those of its last one."""
        path = self.context.folder / BEST
        try:
            self.context.trainer.model.load_weights(read_arrays(path))
        except ValueError as error:
            print(f"note: {path} cannot be read ({error}): the weights of the last epoch are kept instead")

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
