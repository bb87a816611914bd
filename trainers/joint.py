"""Training an eraser and a reader together, and measuring whether that helps."""

from pathlib import Path
from typing import Any

import numpy as np

from base.bundle import Bundle, bundle_folder
from base.errors import UserError
from base.registry import TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from configs.task.joint import IN_A_BUNDLE
from data_generators.joint import PARTS, JointData
from predictors.joint import JointPredictor
from predictors.lines import Prepared
from trainers.readers.decoding import inherit_decoding
from trainers.reports.joint import pairs_of, report_on
from utils.drawing.pictures import captioned, contact_sheet, side_by_side
from utils.metrics.text import character_error_rate, word_error_rate


@TRAINERS.register("joint")
class JointTrainer(BaseTrainer[JointPredictor]):
    """Fits both parts from their bundles' weights; validates what is read with the gate."""

    in_a_bundle = IN_A_BUNDLE
    validation: JointData

    def __init__(self, cfg, model, data, validation) -> None:
        super().__init__(cfg, model, data, validation)
        for bucket in cfg.trainer.lines.buckets:
            if bucket % model.stride:
                raise UserError(
                    f"trainer.lines.buckets: {bucket} is no multiple of {model.stride} px, the stride of eraser and reader"
                )
        for name, task in PARTS.items():
            if cfg.trainer.init is None:
                model.parts[name].load_weights(Bundle.load(bundle_folder(cfg.parts[name], task), task).weights())
            model.parts[name].network.trainable = name not in cfg.trainer.freeze

    def known_facts(self) -> dict[str, Any]:
        """The reader's temperature, under which the gate compares what was read."""
        return {"temperature": self.first_reader().facts.get("temperature", 1.0)}

    def first_reader(self) -> Bundle:
        """The bundle that the reader comes from."""
        init = self.cfg.trainer.init
        return Bundle.load(Path(init)) if init else Bundle.load(bundle_folder(self.cfg.parts.reader, "lines"), "lines")

    def write_bundle(self, folder: Path) -> Bundle:
        """A bundle that decodes as the reader does that it comes from, and is as sure."""
        bundle = super().write_bundle(folder)
        inherit_decoding(bundle, self.first_reader())
        return bundle

    def validate(self, predictor: JointPredictor) -> dict[str, float]:
        samples = (self.validation.sample(index) for index in range(len(self.validation)))
        pairs, cleaned = pairs_of(predictor, samples)
        return {
            "val_cer": character_error_rate(pairs),
            "val_wer": word_error_rate(pairs),
            "val_cleaned": cleaned,
        }

    def gallery(self, predictor: JointPredictor, count: int) -> np.ndarray:
        samples = [self.validation.sample(index) for index in range(min(count, len(self.validation)))]
        rows = []
        for sample in samples:
            prepared = predictor.prepare(sample.image)
            if isinstance(prepared, Prepared):
                rows.append(captioned(side_by_side([prepared.image, predictor.clean(prepared)]), sample.text))
        return contact_sheet(rows)

    @staticmethod
    def evaluate(cfg, predictor: JointPredictor, data) -> Report:
        return report_on(cfg, predictor, data)
