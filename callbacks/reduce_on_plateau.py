"""Lowers the learning rate when the objective stands still."""

from base.registry import CALLBACKS
from callbacks.patience import PatientCallback


@CALLBACKS.register("reduce_on_plateau")
class ReduceOnPlateau(PatientCallback):
    """Multiplies the rate by ``factor`` after ``patience_epochs`` epochs without a better value, down to ``lowest``.

    Needs ``trainer.schedule=constant``: the optimizer's rate is then a variable, which the checkpoint keeps.
    """

    def act(self) -> None:
        rate = float(self.model.optimizer.learning_rate)
        self.model.optimizer.learning_rate = max(rate * self.options["factor"], self.options["lowest"])
