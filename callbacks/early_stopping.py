"""Stops a run that no longer gets better."""

from base.registry import CALLBACKS
from callbacks.patience import PatientCallback


@CALLBACKS.register("early_stopping")
class EarlyStopping(PatientCallback):
    """Stops after ``patience_epochs`` epochs without a better value of the objective."""

    def act(self) -> None:
        self.model.stop_training = True
