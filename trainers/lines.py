"""Training and measuring readers of lines."""

from typing import Any

import numpy as np
from omegaconf import OmegaConf

from base.data_generator import BaseDataGenerator
from base.model import BaseModel
from base.registry import MODELS, TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from configs.task.lines import IN_A_BUNDLE
from data_generators.lines import LinesData
from predictors.lines import LinesPredictor
from trainers.readers.temperature import best_temperature, outputs_of
from trainers.reports.lines import read_all, report_on, samples_read
from utils.configuration.groups import with_defaults
from utils.metrics.text import character_error_rate, word_error_rate

MUST_AGREE = ("charset", "height_px", "frame_px")  # what readers that learn side by side have in common


@TRAINERS.register("lines")
class LinesTrainer(BaseTrainer[LinesPredictor]):
    """Fits a reader; validates it on real lines that stay the same."""

    in_a_bundle = IN_A_BUNDLE
    validation: LinesData

    def __init__(self, cfg: Any, model: BaseModel, data: BaseDataGenerator, validation: BaseDataGenerator) -> None:
        super().__init__(cfg, model, data, validation)
        self.beside = self._open_beside() if cfg.trainer.beside else None
        self._network = side_by_side(model, self.beside) if self.beside else model.network

    @property
    def network(self) -> Any:
        """That of the model, and of the one beside it."""
        return self._network

    def _open_beside(self) -> BaseModel:
        """A model of the name in ``trainer.beside``, which takes the same lines and tells the same characters apart."""
        shared = {key: self.cfg.model[key] for key in MUST_AGREE}
        values = OmegaConf.create(with_defaults("model", {"name": self.cfg.trainer.beside, **shared}))
        return MODELS.get(values.name)(values)

    def companions(self) -> dict[str, tuple[BaseModel, Any]]:
        if self.beside is None:
            return {}
        return {"beside": (self.beside, OmegaConf.merge(self.specification(), {"model": None}, {"model": self.beside.cfg}))}

    def batches(self, first_step: int, steps: int) -> Any:
        """As for every trainer; with what the teacher says, where ``trainer.distil`` names one."""
        batches = super().batches(first_step, steps)
        if self.cfg.trainer.distil is None:
            return batches
        from trainers.readers.teacher import Teach

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


def side_by_side(*models: BaseModel) -> Any:
    """One network that fits several."""
    from models.families.side_by_side import SideBySide  # Keras is there only now

    return SideBySide([model.network for model in models])
