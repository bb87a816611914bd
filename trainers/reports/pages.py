"""What of whole pages is found and read, and how long it takes."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from base.report import Report, Table
from base.types import Sample
from data_generators.pages import PagesData
from predictors.page_formats.overlay import overlay
from predictors.pages import PagesPredictor, Stopwatch
from predictors.reading.confidence import LineReading
from predictors.reading.line_finder import FoundPage
from preprocessing.pages.baselines import FoundLine
from preprocessing.pages.line_cutting import thinned
from preprocessing.pages.outlines import outlines
from preprocessing.pages.projection_lines import projection_lines
from preprocessing.pages.reading_order import columns_of, reading_order
from utils.drawing.pictures import contact_sheet, shrink
from utils.files.images import Page
from utils.metrics.baselines import BaselineCounts, compare_baselines
from utils.metrics.text import character_error_rate, word_error_rate
from utils.runs.progress import progress

MODEL, RIVAL, TRUTH = "this model", "projection profiles", "true baselines"
SHOWN = 6
Pairs = list[tuple[str, str]]


def report_on(cfg: Any, predictor: PagesPredictor, data: PagesData) -> Report:
    """Finds and reads every page with the model, with its competitor, and along the true baselines."""
    finders: dict[str, Callable[[np.ndarray], list[FoundLine]]] = {
        MODEL: predictor.finder.find_baselines,
        RIVAL: projection_lines,
    }
    counts = {name: BaselineCounts() for name in finders}
    seconds = dict.fromkeys(finders, 0.0)
    texts: dict[str, Pairs] = {name: [] for name in (*finders, TRUTH)}
    sheet, watch = [], Stopwatch()
    for index in progress(range(len(data)), "pages"):
        sample = data.sample(index)
        for name, find in finders.items():
            start = time.perf_counter()
            lines = find(sample.image)
            seconds[name] += time.perf_counter() - start
            counts[name].add(compare_baselines([line.baseline for line in sample.lines], [line.baseline for line in lines]))
            if name != MODEL:
                texts[name].append((read_text(predictor, sample, in_order(sample.image, lines)), sample.text))
        texts[TRUTH].append((read_text(predictor, sample, true_lines(sample)), sample.text))
        predictor.watch, aside = watch, predictor.watch  # what the competitors spend is none of a page's time
        page = predictor.read_page(Page(sample.image, "L", {}, name=f"page {index}"))
        predictor.watch = aside
        texts[MODEL].append((page.text.replace("\n\n", "\n"), sample.text))
        if index < SHOWN:
            sheet.append(shrink(overlay(page)))
    pages = max(1, len(data))
    report = Report(
        {**counts[MODEL].metrics(), "seconds_a_page": sum(watch.seconds.values()) / pages},
        [_lines_table(counts, seconds, pages)],
        {"pages.png": contact_sheet(sheet)},
        split=f"{len(data)} pages of {data.fingerprint()}",
    )
    if predictor.reader is not None and any(truth for _, truth in texts[MODEL]):
        report.metrics |= {"page_cer": character_error_rate(texts[MODEL]), "page_wer": word_error_rate(texts[MODEL])}
        report.metrics["true_lines_cer"] = character_error_rate(texts[TRUTH])
        report.tables += [_texts_table(texts), _time_table(watch, pages)]
    return report


def in_order(image: np.ndarray, lines: list[FoundLine]) -> FoundPage:
    """Lines with outlines, in reading order."""
    ordered = [lines[place] for place in reading_order(lines)]
    return FoundPage(ordered, outlines(image, ordered), columns_of(ordered, range(len(ordered))))


def true_lines(sample: Sample) -> FoundPage:
    """The lines that the truth knows, in its order, cut by our own outlines."""
    lines = [FoundLine(thinned(line.baseline), line.x_height, 1.0) for line in sample.lines]
    return FoundPage(lines, outlines(sample.image, lines), [list(range(len(lines)))])


def read_text(predictor: PagesPredictor, sample: Sample, found: FoundPage) -> str:
    """What the reader reads in lines that are known already."""
    readings, _ = predictor.read_lines(sample.image, found)
    return "\n".join(reading.text for reading in readings if isinstance(reading, LineReading))


def _lines_table(counts: dict[str, BaselineCounts], seconds: dict[str, float], pages: int) -> Table:
    columns = ["lines found by", "recall", "precision", "F1", "length recall", "length precision", "seconds a page"]
    rows = [
        [name, *(f"{value:.1%}" for key, value in score.metrics().items() if key != "length_f1"), f"{seconds[name] / pages:.2f}"]
        for name, score in counts.items()
    ]
    return Table(f"lines, {counts[MODEL].present} on {pages} pages (baselines within half a line's distance)", columns, rows)


def _texts_table(texts: dict[str, Pairs]) -> Table:
    rows = [[name, f"{character_error_rate(pairs):.2%}", f"{word_error_rate(pairs):.2%}"] for name, pairs in texts.items()]
    return Table("texts of whole pages, in reading order", ["lines found by", "CER", "WER"], rows)


def _time_table(watch: Stopwatch, pages: int) -> Table:
    rows = [[name, f"{value / pages:.2f}"] for name, value in watch.seconds.items()]
    return Table("where the time of a page goes", ["step", "seconds"], rows)
