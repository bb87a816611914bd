"""What a reader of syllables gets right and wrong."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from base.report import Report, Table
from data_generators.hangul import HangulData
from predictors.hangul import HangulPredictor, SyllableReading
from utils.calibration import expected_calibration_error, reliability
from utils.charts import reliability_chart
from utils.pictures import captioned, contact_sheet

RANKED = 10  # answers that are looked at
MODEL = "this model"


@dataclass(frozen=True)
class ReadSyllable:
    """A picture that was read, and what it really shows.

    Attributes:
        index: in the data.
        truth: its text.
        tags: of the sample.
        texts: the best answers, best first; none for a picture that is blank or cannot be read.
        confidence: of the best.
    """

    index: int
    truth: str
    tags: dict[str, str]
    texts: list[str]
    confidence: float

    @property
    def rank(self) -> int:
        """Where the truth stands among the answers, from 0 on; `RANKED` if it does not."""
        return self.texts.index(self.truth) if self.truth in self.texts else RANKED


def read_all(predictor: HangulPredictor, data: HangulData) -> list[ReadSyllable]:
    """Reads every picture of a generator once; pictures are not kept."""
    facts: list[tuple[int, str, dict[str, str]]] = []

    def images() -> Iterable[np.ndarray]:
        for index in range(len(data)):
            sample = data.sample(index)
            facts.append((index, sample.text, sample.tags))
            yield sample.image

    answers = list(predictor.read(images(), min(RANKED, len(predictor.texts))))
    return [
        ReadSyllable(*fact, answer.texts, answer.confidence)
        if isinstance(answer, SyllableReading)
        else ReadSyllable(*fact, [], 0.0)
        for fact, answer in zip(facts, answers, strict=True)
    ]


def report_on(cfg: Any, predictor: HangulPredictor, data: HangulData) -> Report:
    """Reads a split and says how well."""
    begun = time.perf_counter()
    read = read_all(predictor, data)
    seconds = time.perf_counter() - begun
    right = np.array([syllable.rank == 0 for syllable in read])
    confidences = np.array([syllable.confidence for syllable in read])
    metrics = {
        "top1": float(right.mean()),
        "top5": float(np.mean([syllable.rank < 5 for syllable in read])),
        "ece": expected_calibration_error(confidences, right),
        "pictures_per_second": len(read) / seconds,
    }
    report = Report(metrics, split=f"{len(read)} pictures of {data.split}, {data.source.fingerprint()}")
    report.tables = [rates(MODEL, read, lambda syllable: syllable.tags.get("font", syllable.tags["source"]))]
    report.figures = {"reliability.png": reliability_chart({"syllables": reliability(confidences, right)})}
    return report


def rates(title: str, read: list[ReadSyllable], key: Callable[[ReadSyllable], str]) -> Table:
    """Top-1, top-5 and top-10 of each part, and of all."""
    table = Table(title, ["part", "pictures", "top-1", "top-5", f"top-{RANKED}"])
    parts: dict[str, list[ReadSyllable]] = defaultdict(list)
    for syllable in read:
        parts[key(syllable)].append(syllable)
    for name, part in sorted(parts.items()) + ([("all", read)] if len(parts) > 1 else []):
        ranks = np.array([syllable.rank for syllable in part])
        table.rows.append([name, str(len(part)), *(f"{np.mean(ranks < n):.2%}" for n in (1, 5, RANKED))])
    return table


def samples_read(predictor: HangulPredictor, data: HangulData, count: int) -> np.ndarray:
    """Some pictures, spread over the data, each with its truth and its answers."""
    samples = [data.sample(int(place)) for place in np.linspace(0, len(data) - 1, count).round()]
    answers = predictor.predict([sample.image for sample in samples], min(5, len(predictor.texts)))
    return contact_sheet(
        [
            captioned(
                sample.image, f"{sample.text}: {answer.values.get('text', answer.error)} {answer.values.get('confidence', 0)}"
            )
            for sample, answer in zip(samples, answers, strict=True)
        ]
    )
