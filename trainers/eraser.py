"""Training and measuring erasers."""

import numpy as np

from base.registry import TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from configs.task.eraser import IN_A_BUNDLE
from predictors.eraser import EraserPredictor
from trainers.reports.eraser import compare_erasers
from utils.drawing.pictures import before_after
from utils.metrics.ink import InkCounts, family_bits


@TRAINERS.register("eraser")
class EraserTrainer(BaseTrainer[EraserPredictor]):
    """Fits an eraser on soiled pages; validates it on a fixed set of others."""

    in_a_bundle = IN_A_BUNDLE

    def validate(self, predictor: EraserPredictor) -> dict[str, float]:
        families = family_bits(self.cfg.remove)
        counts = InkCounts()
        for index in range(self.cfg.data.validation_samples):
            sample = self.validation.sample(index)
            erased = predictor.erasable(predictor.find_ink(sample.image))
            counts.add(InkCounts.of(sample.truth, erased, families))
        return {f"val_{name}": value for name, value in counts.metrics().items()}

    def gallery(self, predictor: EraserPredictor, count: int) -> np.ndarray:
        samples = [self.validation.sample(index) for index in range(count)]
        cleaned = [predictor.clean(sample.image) for sample in samples]
        return before_after(
            [(sample.image, result.image, result.erased) for sample, result in zip(samples, cleaned, strict=True)]
        )

    @staticmethod
    def evaluate(cfg, predictor: EraserPredictor, data) -> Report:
        return compare_erasers(cfg, predictor, data)
