"""Training and measuring readers of syllables."""

import time
from typing import Any

import keras
import numpy as np

from base.registry import TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from configs.task.hangul import IN_A_BUNDLE
from data_generators.hangul import HangulData
from predictors.hangul import HangulPredictor
from preprocessing.text import hangul
from trainers.reports.hangul import read_all, report_on, samples_read, top
from utils.metrics.calibration import fit_temperature

CALIBRATED = 2000  # pictures


@TRAINERS.register("hangul")
class HangulTrainer(BaseTrainer[HangulPredictor]):
    """Fits a reader of syllables; validates it on pictures that stay the same."""

    in_a_bundle = IN_A_BUNDLE
    data: HangulData
    validation: HangulData

    def fit(self, callbacks: list, first_epoch: int) -> None:
        self.pace = Pace()
        super().fit([*callbacks, self.pace], first_epoch)

    def validate(self, predictor: HangulPredictor) -> dict[str, float]:
        read = read_all(predictor, self.validation)
        return {f"val_top{n}": top(read, n) for n in (1, 5)}

    def gallery(self, predictor: HangulPredictor, count: int) -> np.ndarray:
        return samples_read(predictor, self.validation, count)

    def known_facts(self) -> dict[str, Any]:
        learned = self.data.learned(composed=False)
        return {} if set(hangul.SYLLABLES) <= set(learned) else {"trained_on": learned}

    def calibrate(self, predictor: HangulPredictor) -> dict[str, float]:
        """The temperature under which the probability of the best text is honest (Guo et al. 2017)."""
        samples = (self.validation.sample(index) for index in range(min(CALIBRATED, len(self.validation))))
        framed = [(predictor.frame(sample.image), sample.text) for sample in samples]
        pairs = [(frame, text) for frame, text in framed if isinstance(frame, np.ndarray)]
        pace = {"pictures_trained_per_second": self.pace.steps_per_second() * self.cfg.trainer.hangul.batch_size}
        if not pairs:
            return pace
        scores = np.concatenate([predictor.scores([frame])[0] for frame, _ in pairs])
        best = scores.argmax(axis=1)
        right = np.array([predictor.texts[place] == text for place, (_, text) in zip(best, pairs, strict=True)])
        return {"temperature": fit_temperature(scores, best, right), **pace}

    @staticmethod
    def evaluate(cfg, predictor: HangulPredictor, data) -> Report:
        return report_on(cfg, predictor, data)


class Pace(keras.callbacks.Callback):
    """How fast steps follow each other, validation left out."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.seconds = 0, 0.0

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        if batch == 1:  # the first step of an epoch waits for data, and in the first epoch for the graph
            self.begun = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if batch >= 1:
            self.steps, self.seconds = self.steps + 1, self.seconds + time.perf_counter() - self.begun
            self.begun = time.perf_counter()

    def steps_per_second(self) -> float:
        """0 where nothing was trained."""
        return self.steps / self.seconds if self.seconds else 0.0
