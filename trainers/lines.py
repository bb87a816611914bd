"""Training and measuring readers of lines."""

import numpy as np

from base.registry import TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from data_generators.lines import LinesData
from predictors.lines import LinesPredictor
from trainers.lines_report import read_all, report_on
from trainers.temperature import best_temperature
from utils.pictures import captioned, contact_sheet
from utils.text_metrics import character_error_rate, word_error_rate


@TRAINERS.register("lines")
class LinesTrainer(BaseTrainer[LinesPredictor]):
    """Fits a reader with CTC; validates it on real lines that stay the same."""

    validation: LinesData

    def validate(self, predictor: LinesPredictor) -> dict[str, float]:
        pairs = [(line.text, line.truth) for line in read_all(predictor, self.validation)]
        return {"val_cer": character_error_rate(pairs), "val_wer": word_error_rate(pairs)}

    def gallery(self, predictor: LinesPredictor, count: int) -> np.ndarray:
        places = np.linspace(0, len(self.validation) - 1, count).round()
        samples = [self.validation.sample(int(place)) for place in places]
        answers = predictor.predict([sample.image for sample in samples])
        return contact_sheet(
            [
                captioned(captioned(sample.image, f"truth: {sample.text}"), f"read:  {answer.values.get('text', answer.error)}")
                for sample, answer in zip(samples, answers, strict=True)
            ]
        )

    def calibrate(self, predictor: LinesPredictor) -> dict[str, float]:
        return {"temperature": best_temperature(predictor, self.validation)}

    @staticmethod
    def evaluate(cfg, predictor: LinesPredictor, data) -> Report:
        return report_on(cfg, predictor, data)
