"""Honest confidences: the temperature that fits what was read to what stands there."""

import numpy as np

from data_generators.lines import LinesData
from predictors.lines import LinesPredictor, Prepared
from utils.alignment import right_parts
from utils.calibration import fit_temperature
from utils.softmax import log_softmax


def outputs_of(predictor: LinesPredictor, data: LinesData) -> tuple[list[np.ndarray], list[str]]:
    """What the network says of every line that can be read, logits (frames, classes), and what stands there."""
    samples = [data.sample(index) for index in range(len(data))]
    pairs = [(line, sample.text) for sample in samples if isinstance(line := predictor.prepared(sample.image), Prepared)]
    return predictor.logits([line.image for line, _ in pairs]), [text for _, text in pairs]


def best_temperature(predictor: LinesPredictor, data: LinesData) -> float:
    """What the logits must be divided by for the confidences of characters to be honest, with the predictor's decoder."""
    logits, classes, right = [], [], []
    numbers = {character: number for number, character in enumerate(predictor.characters, start=1)}
    for logits_TC, truth in zip(*outputs_of(predictor, data), strict=True):
        reading = predictor.decode(logits_TC)[0]
        scores_TC = log_softmax(logits_TC)
        for character, (first, last) in zip(reading.text, reading.frames, strict=True):
            number = numbers[character]
            logits.append(logits_TC[first + int(scores_TC[first : last + 1, number].argmax())])
            classes.append(number)
        right.append(right_parts(reading.text, truth))
    return fit_temperature(np.array(logits), np.array(classes), np.concatenate(right)) if logits else 1.0
