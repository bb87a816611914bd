"""What happens beside the training: checkpoints, pictures, tracking, schedules."""

from typing import Any

import keras

from base.fitting.context import TrainingContext


class BaseCallback(keras.callbacks.Callback):
    """A Keras callback that knows its run and can be resumed.

    Callbacks act in the order of ``configs/callbacks/*.yaml``; all get the same dict of an epoch's logs, to which the
    validation adds its metrics.

    Args:
        context: the run.
        options: the callback's own values from its config.
    """

    def __init__(self, context: TrainingContext, **options: Any) -> None:
        super().__init__()
        self.context = context
        self.options = options

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.after_epoch(epoch, {} if logs is None else logs)

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Acts at the end of an epoch, counted from 0; ``logs`` is one dict for all callbacks of the epoch."""

    def state(self) -> dict[str, Any]:
        """What must survive a resume, as JSON values."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` returned."""
