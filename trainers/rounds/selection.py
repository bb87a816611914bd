"""Which of a teacher's readings are learned as if they were true."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from base.source import BaseSource
from base.types import Sample
from data_generators.modes.parallel import in_chunks
from data_generators.self_training import SelfTrainingData
from data_generators.sources.reading.opening import sample_or_reason
from predictors.lines import LinesPredictor
from predictors.reading.confidence import LineReading
from utils.compute.pools import Opened, Pool
from utils.files.whole import read_text, written_whole
from utils.metrics.text import character_error_rate

COLUMNS = ("index", "confidence", "text")


@dataclass(frozen=True)
class PseudoLabel:
    """What a teacher reads in an image.

    Attributes:
        index: of the image.
        text: empty where nothing was read, or the picture is none.
        confidence: 0..1, `LineReading.sureness`.
    """

    index: int
    text: str
    confidence: float


def label_all(teacher: Opened[LinesPredictor], data: SelfTrainingData, pool: Pool) -> list[PseudoLabel]:
    """A teacher's reading of every image; those that cannot be read are none, and counted on the terminal."""
    read = in_chunks(data.source, range(len(data)), read_samples, teacher, pool)
    answers = [answer for _, chunk in read for answer in chunk]
    broken = [answer for answer in answers if isinstance(answer, str)]
    if broken:
        print(f"note: {len(broken)} of {len(answers)} images cannot be read and are left out; the first: {broken[0]}")
    return [PseudoLabel(index, *(("", 0.0) if isinstance(answer, str) else answer)) for index, answer in enumerate(answers)]


def read_samples(source: BaseSource, indices: np.ndarray, teacher: Opened[LinesPredictor]) -> list[tuple[str, float] | str]:
    """What stands in some images, and how sure that is, 0..1; for one that cannot be read, why."""
    samples = (sample_or_reason(source, int(index)) for index in indices)
    answers = teacher.value.read(sample.image if isinstance(sample, Sample) else sample for sample in samples)
    return [(answer.text, answer.sureness) if isinstance(answer, LineReading) else str(answer) for answer in answers]


def select(labels: Sequence[PseudoLabel], selection: Any, number: int, rounds: int) -> list[PseudoLabel]:
    """The labels that are learned in a round, the most confident first.

    Args:
        labels: of every image.
        selection: ``cfg.selection``: ``by``, ``fractions`` and ``threshold``.
        number: of the round, 0 to ``rounds - 1``; the fractions are spread over the rounds.
    """
    read = sorted((label for label in labels if label.text.strip()), key=lambda label: -label.confidence)
    if selection.by == "threshold":
        return [label for label in read if label.confidence >= selection.threshold]
    return read[: max(1, round(fraction_of(selection, number, rounds) * len(read)))]


def fraction_of(selection: Any, number: int, rounds: int) -> float:
    """The part of the readings that a round learns, 0..1."""
    return float(selection.fractions[number * len(selection.fractions) // rounds])


def error_rate_of(labels: Sequence[PseudoLabel], data: SelfTrainingData) -> float | None:
    """The CER of pseudo-labels, where the data know the truth; for the report alone."""
    pairs = [(label.text, data.rules.apply(data.source.text(label.index))) for label in labels]
    known = [pair for pair in pairs if pair[1]]
    return character_error_rate(known) if known else None


def write_labels(path: Path, labels: Sequence[PseudoLabel]) -> None:
    """A TSV of all labels of a round, so that a resumed round learns the same."""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(COLUMNS)
        writer.writerows((label.index, repr(label.confidence), label.text) for label in labels)


def read_labels(path: Path) -> list[PseudoLabel]:
    """What `write_labels` wrote."""
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""), delimiter="\t")
    return [PseudoLabel(int(row["index"]), row["text"], float(row["confidence"])) for row in rows]
