"""What the parts of a training run know of each other."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class TrainingContext:
    """What a callback may look at.

    Attributes:
        cfg: the whole resolved config.
        trainer: the `BaseTrainer` that fits.
        predictor: a predictor around the live model.
        folder: the run folder.
        tracker: where metrics and figures go.
    """

    cfg: Any
    trainer: Any
    predictor: Any
    folder: Path
    tracker: Any

    @property
    def monitored(self) -> str:
        """The validation metric that decides: the objective's."""
        return f"val_{self.cfg.objective}"

    def better(self, value: float, than: float | None) -> bool:
        """Whether a value of the monitored metric beats an earlier one; what is not a number is beaten by all that are."""
        if than is None or math.isnan(than):
            return than is None or not math.isnan(value)
        return value > than if self.cfg.maximise else value < than
