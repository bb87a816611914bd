"""Honest confidences: the temperature that fits what was read to what stands there."""

from typing import Any

import numpy as np

from data_generators.lines import LinesData
from predictors.lines import LinesPredictor, Prepared
from predictors.reading.confidence import UNCHANGED, FrameScale, character_spans
from utils.compute.softmax import log_softmax
from utils.metrics.alignment import right_parts
from utils.metrics.calibration import fit_odds, fit_temperature


def outputs_of(predictor: LinesPredictor, data: LinesData) -> tuple[list[Any], list[str]]:
    """What the network says of every line that can be read, and what stands there."""
    samples = [data.sample(index) for index in range(len(data))]
    pairs = [(line, sample.text) for sample in samples if isinstance(line := predictor.prepare(sample.image), Prepared)]
    return predictor.outputs([line.image for line, _ in pairs]), [text for _, text in pairs]


def best_temperature(predictor: LinesPredictor, outputs: list[Any], truths: list[str]) -> float:
    """What the logits must be divided by for the confidences of characters to be honest, as the predictor reads.

    Args:
        predictor: with its decoder.
        outputs, truths: of `outputs_of`.
    """
    logits, classes, right = [], [], []
    numbers = {character: number for number, character in enumerate(predictor.characters, start=1)}
    for output, truth in zip(outputs, truths, strict=True):
        read = predictor.texts.read(output)
        best, scores = read.readings[0], log_softmax(read.logits)
        for character, (first, last) in zip(best.text, best.frames, strict=True):
            number = numbers[character]
            logits.append(read.logits[first + int(scores[first : last + 1, number].argmax())])
            classes.append(number)
        right.append(right_parts(best.text, predictor.charset.spell(truth)))
    return fit_temperature(np.array(logits), np.array(classes), np.concatenate(right)) if logits else 1.0


def best_odds(predictor: LinesPredictor, outputs: list[Any], truths: list[str]) -> tuple[float, float]:
    """What the odds of characters must be changed by, once the temperature is fitted: a language model knows more than frames.

    Args:
        predictor: with its decoder and its temperature.
        outputs, truths: of `outputs_of`.
    """
    chances, right = [], []
    scale = FrameScale(1.0, 1.0)
    for output, truth in zip(outputs, truths, strict=True):
        read = predictor.texts.read(output)
        spans = character_spans(read.readings[0], read.logits, predictor.characters, predictor.temperature, scale)
        chances += [span.confidence for span in spans]
        right.append(right_parts(read.readings[0].text, predictor.charset.spell(truth)))
    return fit_odds(np.array(chances), np.concatenate(right)) if chances else UNCHANGED
