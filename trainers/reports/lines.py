"""What a reader gets right and wrong, on all lines of a split."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from base.bundle import Bundle
from base.errors import UserError
from base.report import Report, Table
from data_generators.lines import LinesData
from predictors.engines.loading import predictor_for
from predictors.lines import LinesPredictor
from predictors.reading.confidence import LineReading
from trainers.reports import tesseract
from utils.drawing.charts import confusion_chart, rejection_chart, reliability_chart
from utils.drawing.pictures import captioned, contact_sheet, shrink
from utils.metrics.alignment import confusions, right_parts
from utils.metrics.calibration import accepted_errors, expected_calibration_error, reliability
from utils.metrics.text import character_error_rate, word_error_rate
from utils.runs.progress import progress

WORST_SHOWN = 50
GROUPS_SHOWN = 12
CONFUSIONS_SHOWN = 30
LENGTHS = (10, 20, 40, 60, 80)  # characters
MODEL = "this model"
COLUMNS = ("index", "source", "group", "confidence", "edits", "truth", "text")


@dataclass(frozen=True)
class MeasuredLine:
    """A line that was read, and what really stands there."""

    index: int
    truth: str
    source: str
    group: str
    reading: LineReading | None  # None where the picture cannot be read

    @property
    def text(self) -> str:
        """What was read."""
        return "" if self.reading is None else self.reading.text

    @property
    def confidence(self) -> float:
        """0..1."""
        return 0.0 if self.reading is None else self.reading.confidence

    @property
    def edits(self) -> int:
        """The edit distance from the truth."""
        return int(Levenshtein.distance(self.text, self.truth))

    @property
    def pair(self) -> tuple[str, str]:
        """For the error rates."""
        return self.text, self.truth


def read_all(predictor: LinesPredictor, data: LinesData) -> list[MeasuredLine]:
    """Reads every line of a generator once; images are not kept."""
    facts: list[tuple[int, str, str, str]] = []

    def images() -> Iterable[np.ndarray]:
        for index in range(len(data)):
            sample = data.sample(index)
            facts.append((index, sample.text, sample.tags["source"], sample.group))
            yield sample.image

    answers = list(predictor.read(images()))
    return [
        MeasuredLine(*fact, answer if isinstance(answer, LineReading) else None)
        for fact, answer in zip(facts, answers, strict=True)
    ]


def report_on(cfg: Any, predictor: LinesPredictor, data: LinesData) -> Report:
    """Reads a split and says how well: by source, group and length, with calibration, confusions and the worst lines."""
    begun = time.perf_counter()
    lines = read_all(predictor, data)
    seconds = time.perf_counter() - begun
    pairs = [line.pair for line in lines]
    calibration = calibrations(lines)
    metrics = {
        "cer": character_error_rate(pairs),
        "wer": word_error_rate(pairs),
        "confidence": sureness_of(lines),
        "exact_lines": float(np.mean([line.edits == 0 for line in lines])),
        "lines_per_second": len(lines) / seconds,
        **{f"ece_{name}": expected_calibration_error(*values) for name, values in calibration.items()},
    }
    report = Report(metrics, split=f"{len(lines)} lines of {data.split}, {data.source.fingerprint()}")
    report.tables += [rates(MODEL, lines, lambda line: line.source), *competitors(cfg, data)]
    report.tables += [by_group(lines), by_length(lines), calibration_table(metrics)]
    numbers = np.array([(line.confidence, line.edits, len(line.truth)) for line in lines])
    curve = accepted_errors(*numbers.T)
    report.figures = {
        "reliability.png": reliability_chart({name: reliability(*values) for name, values in calibration.items()}),
        "rejection.png": rejection_chart(curve, cfg.reject_below),
        "confusions.png": confusion_chart(confusions(pairs), CONFUSIONS_SHOWN),
        "worst_lines.png": worst_lines(lines, data),
    }
    report.files = {"lines.tsv": as_table(lines)}
    return report


def sureness_of(lines: list[MeasuredLine]) -> float:
    """The mean of `LineReading.sureness`; a line in which nothing is read counts as 0, so that silence is no virtue."""
    return float(np.mean([line.reading.sureness if line.reading else 0.0 for line in lines]))


def calibrations(lines: list[MeasuredLine]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Confidences 0..1 and what is right 0..1, float (n,), of all characters, words and lines.

    A line is as right as the part of its words that is.
    """
    parts: dict[str, tuple[list[float], list[float]]] = {"characters": ([], []), "words": ([], []), "lines": ([], [])}
    for line in lines:
        if line.reading is None:
            continue
        parts["characters"][0].extend(span.confidence for span in line.reading.characters)
        parts["characters"][1].extend(right_parts(line.text, line.truth))
        right = right_parts([word.text for word in line.reading.words], line.truth.split())
        parts["words"][0].extend(word.confidence for word in line.reading.words)
        parts["words"][1].extend(right)
        parts["lines"][0].append(line.confidence)
        parts["lines"][1].append(float(np.mean(right)) if len(right) else float(not line.truth))
    return {name: (np.array(confidences), np.array(right)) for name, (confidences, right) in parts.items()}


def rates(title: str, lines: list[MeasuredLine], key: Callable[[MeasuredLine], str]) -> Table:
    """CER, WER and exact lines of each part, and of all."""
    table = Table(title, ["part", "lines", "CER", "WER", "exact lines"])
    parts: dict[str, list[MeasuredLine]] = defaultdict(list)
    for line in lines:
        parts[key(line)].append(line)
    rows = sorted(parts.items())
    for name, part in rows + ([("all", lines)] if len(rows) > 1 else []):
        table.rows.append([name, *cells(part)])
    return table


def cells(lines: list[MeasuredLine]) -> list[str]:
    """Lines, CER, WER, exact lines."""
    pairs = [line.pair for line in lines]
    exact = np.mean([line.edits == 0 for line in lines])
    return [str(len(lines)), f"{character_error_rate(pairs):.2%}", f"{word_error_rate(pairs):.2%}", f"{exact:.1%}"]


def by_group(lines: list[MeasuredLine]) -> Table:
    """The writers or pages that are read worst."""
    groups: dict[str, list[MeasuredLine]] = defaultdict(list)
    for line in lines:
        groups[line.group or f"line {line.index}"].append(line)
    worst = sorted(groups, key=lambda name: -character_error_rate([line.pair for line in groups[name]]))
    rows = [[name, *cells(groups[name])] for name in worst[:GROUPS_SHOWN]]
    return Table(f"the worst of {len(groups)} groups", ["group", "lines", "CER", "WER", "exact lines"], rows)


def by_length(lines: list[MeasuredLine]) -> Table:
    """By the number of characters."""
    table = Table("by length", ["characters", "lines", "CER", "WER", "exact lines"])
    edges = [0, *LENGTHS, 10**9]
    for low, high in pairwise(edges):
        part = [line for line in lines if low <= len(line.truth) < high]
        if part:
            table.rows.append([f"{low} and more" if high == edges[-1] else f"{low} to {high - 1}", *cells(part)])
    return table


def calibration_table(metrics: dict[str, float]) -> Table:
    """How far confidences are from the truth, and the pace."""
    rows = [[name, f"{metrics[f'ece_{name}']:.3f}"] for name in ("characters", "words", "lines")]
    return Table(f"calibration; {metrics['lines_per_second']:.0f} lines/s", ["confidence of", "ECE"], rows)


def competitors(cfg: Any, data: LinesData) -> list[Table]:
    """The same lines read by other bundles, and by Tesseract where its languages are named."""
    tables = []
    for folder in cfg.competitors:
        predictor, _ = predictor_for(Bundle.load(Path(folder)), cfg, "auto")
        tables.append(rates(f"competitor {folder}", read_all(predictor, data), lambda line: line.source))  # type: ignore[arg-type]
    if cfg.tesseract_languages:
        try:
            title = f"Tesseract --psm 7 ({cfg.tesseract_languages})"
            tables.append(rates(title, read_by_tesseract(cfg, data), lambda line: line.source))
        except UserError as error:
            tables.append(Table(f"Tesseract was not measured: {error}", [""]))
    return tables


def read_by_tesseract(cfg: Any, data: LinesData) -> list[MeasuredLine]:
    """What Tesseract reads; its confidences are not asked for."""
    tesseract.check_installed()
    lines = []
    for index in progress(range(len(data)), "lines by Tesseract"):
        sample = data.sample(index)
        text = tesseract.read_line(sample.image, cfg.tesseract_languages)
        lines.append(MeasuredLine(index, sample.text, sample.tags["source"], sample.group, LineReading(text, 1.0)))
    return lines


def samples_read(predictor: LinesPredictor, data: LinesData, count: int) -> np.ndarray:
    """RGB uint8 (H, W, 3), some lines, spread over the data, each with its truth and its reading."""
    places = np.linspace(0, len(data) - 1, count).round()
    samples = [data.sample(int(place)) for place in places]
    answers = predictor.predict([sample.image for sample in samples])
    return contact_sheet(
        [
            captioned(captioned(sample.image, f"truth: {sample.text}"), f"read:  {answer.values.get('text', answer.error)}")
            for sample, answer in zip(samples, answers, strict=True)
        ]
    )


def worst_lines(lines: list[MeasuredLine], data: LinesData) -> np.ndarray:
    """RGB uint8 (H, W, 3), the lines with the most edits for their length, each with its truth and its reading."""
    worst = sorted(lines, key=lambda line: -line.edits / max(1, len(line.truth)))[:WORST_SHOWN]
    rows = []
    for line in worst:
        about = f"{line.source} {line.group} #{line.index}"
        picture = captioned(shrink(data.sample(line.index).image), f"read:  {line.text}")
        rows.append(captioned(captioned(picture, f"truth: {line.truth}"), f"{about}, confidence {line.confidence:.2f}"))
    return contact_sheet(rows)


def as_table(lines: list[MeasuredLine]) -> str:
    """``lines.tsv``: every line with its truth and its reading, for mode=compare."""
    rows = [(line.index, line.source, line.group, f"{line.confidence:.4f}", line.edits, line.truth, line.text) for line in lines]
    return "".join("\t".join(" ".join(str(cell).split()) for cell in row) + "\n" for row in [COLUMNS, *rows])
