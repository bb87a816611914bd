"""Measures erasers side by side: the model, its competitors, and doing nothing."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from base.bundle import Bundle
from base.errors import UserError
from base.report import Report, Table
from base.types import ARTIFACT, Ink, Sample
from predictors.engines.loading import predictor_for
from predictors.eraser import Cleaned, EraserPredictor, fill_bands
from preprocessing.rule_removal import hough_lines, opened_lines
from trainers.reports import tesseract
from utils.drawing.pictures import before_after
from utils.files.images import as_grey
from utils.metrics.ink import InkCounts, family_bits, psnr
from utils.metrics.text import character_error_rate, word_error_rate

Method = Callable[[np.ndarray], Cleaned]
MODEL = "this model"
COLUMNS = {
    "F1": "artifact_f1",
    "precision": "artifact_precision",
    "recall": "artifact_recall",
    "IoU": "artifact_iou",
    "text lost": "text_lost",
    "overlap kept": "overlap_kept",
}
SHEET_ROWS = 24
LOOKED_AT_FOR_A_LINE = 20  # samples, of which many are blocks or clean


@dataclass
class Score:
    """What one method did on all samples."""

    counts: InkCounts = field(default_factory=InkCounts)
    psnr: list[float] = field(default_factory=list)


def compare_erasers(cfg, predictor: EraserPredictor, data) -> Report:
    """Runs every method over the generator's first samples, as many as ``data.validation_samples`` or ``data.test_samples`` says.

    An artifact is what ``remove`` names; the model is also scored on all families (metrics that begin with ``all_``).
    PSNR is over the pages without artifacts of other families, since those stay on the page.
    """
    methods = {
        "do nothing": _do_nothing,
        "Hough lines": _classical(hough_lines),
        "morphology": _classical(opened_lines),
        **_trained_competitors(cfg),
        MODEL: predictor.clean,
    }
    wanted = family_bits(cfg.remove)
    scores = {name: Score() for name in methods}
    groups: dict[str, InkCounts] = defaultdict(InkCounts)
    every = InkCounts()
    sheet = []
    count = cfg.data.validation_samples if data.split == "val" else cfg.data.test_samples
    for index in range(count):
        sample = data.sample(index)
        for name, method in methods.items():
            cleaned = method(sample.image)
            counts = InkCounts.of(sample.truth, cleaned.erased, wanted)
            scores[name].counts.add(counts)
            if not np.any(sample.truth & (ARTIFACT & ~wanted)):
                scores[name].psnr.append(psnr(as_grey(cleaned.image), as_grey(sample.clean)))
        for group in _groups_of(sample):
            groups[group].add(counts)
        every.add(InkCounts.of(sample.truth, _all_erased(cleaned.ink), int(ARTIFACT)))
        if index < SHEET_ROWS:
            sheet.append((sample.image, cleaned.image, cleaned.erased))
    report = Report(
        _metrics(scores[MODEL], every),
        [_competitors_table(scores, count), _groups_table(groups, every)],
        {"before_after.png": before_after(sheet)},
        split=f"{count} samples of {data.split}, seed {cfg.seed}",
    )
    _read(cfg, methods, data, report)
    return report


def _do_nothing(image: np.ndarray) -> Cleaned:
    return Cleaned(image, np.zeros(image.shape[:2], bool), np.zeros(image.shape[:2], np.uint8))


def _classical(find: Callable[[np.ndarray], np.ndarray]) -> Method:
    def clean(image: np.ndarray) -> Cleaned:
        erased = find(as_grey(image))
        nothing = np.zeros(erased.shape, bool)
        return Cleaned(fill_bands(image, erased, nothing, inverted=False), erased, nothing.astype(np.uint8))

    return clean


def _trained_competitors(cfg) -> dict[str, Method]:
    competitors: dict[str, Method] = {}
    for folder in map(Path, cfg.competitors):
        bundle = Bundle.load(folder, cfg.task.name)
        predictor, _ = predictor_for(bundle, cfg, "auto")
        assert isinstance(predictor, EraserPredictor)
        competitors[f"{bundle.config.model.name} in {folder.name}/"] = predictor.clean
    return competitors


def _groups_of(sample: Sample) -> list[str]:
    return [sample.tags["hand"], *dict.fromkeys(sample.tags["kinds"].split("+"))]


def _all_erased(ink: np.ndarray) -> np.ndarray:
    return ((ink & ARTIFACT) != 0) & ((ink & Ink.TEXT) == 0)


def _metrics(score: Score, every: InkCounts) -> dict[str, float]:
    return {
        **score.counts.metrics(),
        "psnr_db": _mean(score.psnr),
        **{f"all_{name}": value for name, value in every.metrics().items()},
    }


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _cells(counts: InkCounts) -> list[str]:
    values = counts.metrics()
    return [f"{values[key]:.3f}" if key.startswith("artifact") else f"{values[key]:.2%}" for key in COLUMNS.values()]


def _competitors_table(scores: dict[str, Score], samples: int) -> Table:
    rows = [[name, *_cells(score.counts), f"{_mean(score.psnr):.1f}"] for name, score in scores.items()]
    return Table(f"erasing, {samples} test samples", ["method", *COLUMNS, "PSNR dB"], rows)


def _groups_table(groups: dict[str, InkCounts], every: InkCounts) -> Table:
    rows = [[f"samples with {name}", *_cells(counts)] for name, counts in sorted(groups.items())]
    return Table(
        "this model, by what is on the page", ["group", *COLUMNS], [*rows, ["all families of artifacts", *_cells(every)]]
    )


def _read(cfg, methods: dict[str, Method], data, report: Report) -> None:
    """Adds what Tesseract reads of clean, soiled and cleaned lines, or says why it was not measured."""
    if not cfg.reading_samples:
        return
    try:
        pairs = _read_lines(cfg.reading_samples, methods, data)
    except UserError as error:
        report.tables.append(Table(f"reading before and after was not measured: {error}", [""]))
        return
    rows = [
        [name, f"{character_error_rate(texts):.1%}", f"{word_error_rate(texts):.1%}"] for name, texts in pairs.items() if texts
    ]
    title = f"Tesseract --psm 7 ({tesseract.LANGUAGE}) on {len(pairs['clean page'])} lines after each method"
    report.tables.append(Table(title, ["method", "CER", "WER"], rows))
    for name, key in (("clean page", "reading_cer_clean"), ("do nothing", "reading_cer_before"), (MODEL, "reading_cer_after")):
        if pairs[name]:
            report.metrics[key] = character_error_rate(pairs[name])


def _read_lines(count: int, methods: dict[str, Method], data) -> dict[str, list[tuple[str, str]]]:
    """(read, reference) pairs of the first ``count`` soiled lines with a transcription, by method."""
    tesseract.check_installed()
    pairs: dict[str, list[tuple[str, str]]] = {name: [] for name in ("clean page", *methods)}
    for index in range(LOOKED_AT_FOR_A_LINE * count):
        if len(pairs["clean page"]) == count:
            break
        sample = data.sample(index)
        if sample.tags["layout"] != "line" or not sample.text or sample.tags["kinds"] == "none":
            continue
        pairs["clean page"].append((tesseract.read_line(sample.clean), sample.text))
        for name, method in methods.items():
            pairs[name].append((tesseract.read_line(method(sample.image).image), sample.text))
    return pairs
