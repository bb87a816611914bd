"""What rounds of self-training did: a table, a chart, and the labels they took and left."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from base.types import Sample
from data_generators.self_training import SelfTrainingData
from data_generators.sources.reading.opening import sample_or_reason
from trainers.rounds.selection import PseudoLabel
from utils.drawing.charts import rounds_chart
from utils.drawing.pictures import captioned, contact_sheet, shrink
from utils.files.whole import read_text, written_whole

TABLE = "rounds.csv"
SHOWN = 8  # accepted and rejected lines each
VALIDATION = ("val_confidence", "val_agreement", "val_cer", "val_wer")


@dataclass(frozen=True)
class Round:
    """A round.

    Attributes:
        number: 1 and up.
        images: how many were labelled.
        accepted: how many of them were learned.
        least_confidence: of those, 0..1.
        cer: of all pseudo-labels, None where the truth is not known.
        accepted_cer: of those that were learned.
        validation: by name, what was measured on held images after the round.
    """

    number: int
    images: int
    accepted: int
    least_confidence: float
    cer: float | None
    accepted_cer: float | None
    validation: dict[str, float] = field(default_factory=dict)

    def metrics(self) -> dict[str, float]:
        """Names to numbers, those that are known."""
        values = {
            "round": self.number,
            "images": self.images,
            "accepted": self.accepted,
            "accept_rate": self.accepted / self.images,
            "least_confidence": self.least_confidence,
            "pseudo_label_cer": self.cer,
            "accepted_cer": self.accepted_cer,
            **{name: self.validation.get(name) for name in VALIDATION},
        }
        return {name: float(value) for name, value in values.items() if value is not None}

    def line(self) -> str:
        """The round in a line of text."""
        rates = "" if self.accepted_cer is None else f", CER {self.accepted_cer:.1%} (of all pseudo-labels {self.cer:.1%})"
        return (
            f"round {self.number}: {self.accepted} of {self.images} pseudo-labels accepted, "
            f"confidence at least {self.least_confidence:.2f}{rates}"
        )


def write_rounds(folder: Path, rounds: Sequence[Round]) -> None:
    """``rounds.csv`` of a run folder."""
    columns = list(dict.fromkeys(name for finished in rounds for name in finished.metrics()))
    with written_whole(folder / TABLE) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(finished.metrics() for finished in rounds)


def read_rounds(folder: Path) -> list[Round]:
    """The rounds of a run folder so far."""
    if not (folder / TABLE).is_file():
        return []
    rows = csv.DictReader(read_text(folder / TABLE).splitlines())
    return [_round_of({name: float(value) for name, value in row.items() if value}) for row in rows]


def _round_of(row: dict[str, float]) -> Round:
    return Round(
        int(row["round"]),
        int(row["images"]),
        int(row["accepted"]),
        row["least_confidence"],
        row.get("pseudo_label_cer"),
        row.get("accepted_cer"),
        {name: row[name] for name in VALIDATION if name in row},
    )


def draw_rounds(rounds: Sequence[Round]) -> np.ndarray:
    """RGB uint8 (H, W, 3), error rates, confidence and accept rate by round."""
    names = {
        "val_cer": "CER on held images",
        "pseudo_label_cer": "CER of all pseudo-labels",
        "accepted_cer": "CER of the accepted",
        "val_confidence": "confidence on held images",
        "val_agreement": "agreement with the round before",
        "accept_rate": "accept rate",
    }
    numbers = [finished.metrics() for finished in rounds]
    series = {name: [(row["round"], row[key]) for row in numbers if key in row] for key, name in names.items()}
    return rounds_chart({name: np.array(points) for name, points in series.items() if points})


def labels_sheet(labels: Sequence[PseudoLabel], chosen: Sequence[PseudoLabel], data: SelfTrainingData) -> np.ndarray:
    """RGB uint8 (H, W, 3): some accepted lines, the surest first, and some rejected ones, each with what the teacher read."""
    taken = {label.index for label in chosen}
    left = sorted((label for label in labels if label.index not in taken), key=lambda label: -label.confidence)
    rows = []
    for word, group in (("accepted", chosen), ("rejected", left)):
        for place in sorted(set(np.linspace(0, len(group) - 1, SHOWN).round().astype(int))) if group else ():
            label = group[place]
            sample, text = sample_or_reason(data.source, label.index), data.rules.apply(data.source.text(label.index))
            picture = shrink(sample.image) if isinstance(sample, Sample) else np.full((24, 200), 128, np.uint8)
            truth = f"   truth: {text}" if text else ""
            rows.append(captioned(picture, f"{word} {label.confidence:.2f}: {label.text}{truth}"))
    return contact_sheet(rows)
