"""Ends a run of a search early where others were better by then."""

from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback
from utils.runs.search import STOPPED, trial_of_this_run
from utils.runs.sweeps import note_outcome


@CALLBACKS.register("pruning")
class Pruning(BaseCallback):
    """Reports the objective of each epoch to the search that the run belongs to, and stops where its pruner says so.

    The rule is Optuna's `MedianPruner`: a run stops whose best value so far is worse than the median of the others after the
    same epoch. A run of its own goes on to its end.
    """

    def __init__(self, context, **options: Any) -> None:
        super().__init__(context, **options)
        self.trial = trial_of_this_run(context.cfg)

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        if self.trial is None:
            return
        self.trial.report(float(logs[self.context.monitored]), epoch + 1)
        if self.trial.should_prune():
            self.trial.set_user_attr(STOPPED, epoch + 1)
            note_outcome(f"stopped after {epoch + 1} epochs: others were better by then")
            self.model.stop_training = True
