"""Training and measuring readers of lines."""

from typing import Any

import numpy as np

from base.registry import TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from data_generators.lines import LinesData
from predictors.lines import LinesPredictor
from trainers.lines_report import read_all, report_on, samples_read
from trainers.temperature import best_temperature, outputs_of
from utils.text_metrics import character_error_rate, word_error_rate


@TRAINERS.register("lines")
class LinesTrainer(BaseTrainer[LinesPredictor]):
    """Fits a reader; validates it on real lines that stay the same."""

    validation: LinesData

    def batches(self, first_step: int, steps: int) -> Any:
        """As for every trainer; with what the teacher says, where ``trainer.distil`` names one."""
        batches = super().batches(first_step, steps)
        if self.cfg.trainer.distil is None:
            return batches
        from trainers.teacher import Teach

        self.model.network.distil_weight = self.cfg.trainer.distil_weight
        return batches.map(Teach(self.cfg.trainer.distil, self.model.facts()))

    def validate(self, predictor: LinesPredictor) -> dict[str, float]:
        pairs = [line.pair for line in read_all(predictor, self.validation)]
        return {"val_cer": character_error_rate(pairs), "val_wer": word_error_rate(pairs)}

    def gallery(self, predictor: LinesPredictor, count: int) -> np.ndarray:
        return samples_read(predictor, self.validation, count)

    def calibrate(self, predictor: LinesPredictor) -> dict[str, float]:
        return {"temperature": best_temperature(predictor, *outputs_of(predictor, self.validation))}

    @staticmethod
    def evaluate(cfg, predictor: LinesPredictor, data) -> Report:
        return report_on(cfg, predictor, data)
