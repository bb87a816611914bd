"""What a reader gets right and wrong, on all lines of a split."""

from dataclasses import dataclass
from typing import Any

from base.report import Report, Table
from predictors.confidence import LineReading
from predictors.lines import LinesPredictor
from utils.text_metrics import character_error_rate, word_error_rate


@dataclass(frozen=True)
class ReadLine:
    """A line that was read, and what really stands there."""

    index: int
    truth: str
    source: str
    group: str
    reading: LineReading | None  # None where the picture cannot be read

    @property
    def text(self) -> str:
        return "" if self.reading is None else self.reading.text


def read_all(predictor: LinesPredictor, data: Any) -> list[ReadLine]:
    """Reads every line of a generator once; images are not kept."""
    samples = []

    def images():
        for index in range(len(data)):
            sample = data.sample(index)
            samples.append((index, sample.text, sample.tags["source"], sample.group))
            yield sample.image

    answers = list(predictor.read(images()))
    return [
        ReadLine(*sample, answer if isinstance(answer, LineReading) else None)
        for sample, answer in zip(samples, answers, strict=True)
    ]


def report_on(cfg: Any, predictor: LinesPredictor, data: Any) -> Report:
    lines = read_all(predictor, data)
    pairs = [(line.text, line.truth) for line in lines]
    metrics = {"cer": character_error_rate(pairs), "wer": word_error_rate(pairs)}
    table = Table("Reading", ["source", "lines", "CER", "WER"])
    for source in sorted({line.source for line in lines}):
        part = [(line.text, line.truth) for line in lines if line.source == source]
        table.rows.append([source, str(len(part)), f"{character_error_rate(part):.2%}", f"{word_error_rate(part):.2%}"])
    return Report(metrics, [table], split=f"{len(lines)} lines")
