"""Training and measuring readers of lines."""

import numpy as np

from base.registry import TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from data_generators.lines import LinesData
from predictors.decoders.greedy import runs_of_characters
from predictors.lines import LinesPredictor
from trainers.lines_report import read_all, report_on
from utils.alignment import right_parts
from utils.calibration import fit_temperature
from utils.pictures import captioned, contact_sheet
from utils.text_metrics import character_error_rate, word_error_rate


def best_temperature(predictor: LinesPredictor, data: LinesData) -> float:
    """What the logits must be divided by for the confidences of characters to be honest on a split."""
    samples = [data.sample(index) for index in range(len(data))]
    lines = [predictor.prepare(sample.image).image for sample in samples]
    logits, classes, right = [], [], []
    for sample, logits_TC in zip(samples, predictor.logits(lines), strict=True):
        best_T = logits_TC.argmax(axis=-1)
        for first, last in runs_of_characters(best_T):
            place = first + int(logits_TC[first : last + 1, best_T[first]].argmax())
            logits.append(logits_TC[place])
            classes.append(best_T[first])
        text = "".join(predictor.characters[best_T[first] - 1] for first, _ in runs_of_characters(best_T))
        right.append(right_parts(text, sample.text))
    return fit_temperature(np.array(logits), np.array(classes), np.concatenate(right)) if logits else 1.0


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
