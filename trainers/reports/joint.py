"""Whether cleaning helps reading: readers and erasers in all combinations, on the same lines."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from base.bundle import Bundle, bundle_folder
from base.errors import UserError
from base.report import Report, Table
from base.types import Sample
from data_generators.joint import PARTS, JointData
from predictors.engines.loading import predictor_for
from predictors.joint import JointPredictor
from predictors.lines import Prepared
from predictors.reading.confidence import LineReading
from predictors.reading.gate import LineOutcome, cleaning_helps
from trainers.reports import tesseract
from utils.drawing.pictures import captioned, contact_sheet, shrink, side_by_side
from utils.files.images import as_grey
from utils.metrics.text import character_error_rate, word_error_rate
from utils.runs.progress import progress

MODEL = "joint eraser and reader, gated"
SHOWN = 24
Pairs = list[tuple[str, str]]
Method = Callable[[np.ndarray], tuple[str, bool]]  # an image to its text, and whether it was read cleaned


def text_of(answer: LineOutcome) -> str:
    """What was read; nothing where the picture cannot be read."""
    return answer.text if isinstance(answer, LineReading) else ""


def pairs_of(predictor: JointPredictor, samples: Iterable[Sample]) -> tuple[Pairs, float]:
    """(read, reference) pairs, and the share of lines that were read after erasing."""
    truths: list[str] = []

    def images() -> Iterable[np.ndarray]:
        for sample in samples:
            truths.append(sample.text)
            yield sample.image

    answers = list(predictor.read(images()))
    pairs = [(text_of(answer), truth) for (answer, _), truth in zip(answers, truths, strict=True)]
    return pairs, float(np.mean([is_cleaned for _, is_cleaned in answers])) if answers else 0.0


def report_on(cfg: Any, predictor: JointPredictor, data: JointData) -> Report:
    """One row a method: its CER and WER, and how many lines it cleaned."""
    methods = methods_for(cfg, predictor)
    pairs: dict[str, Pairs] = {name: [] for name in methods}
    cleaned = dict.fromkeys(methods, 0)
    sheet = []
    for index in progress(range(len(data)), "lines"):
        sample = data.sample(index)
        for name, method in methods.items():
            text, is_cleaned = method(sample.image)
            pairs[name].append((text, sample.text))
            cleaned[name] += is_cleaned
        if index < SHOWN:
            sheet.append(row_of(predictor, sample, pairs[MODEL][-1][0]))
    count = max(1, len(data))
    rows = [
        [name, f"{character_error_rate(read):.2%}", f"{word_error_rate(read):.2%}", f"{cleaned[name] / count:.0%}"]
        for name, read in pairs.items()
    ]
    table = Table(
        f"reading {count} lines of {data.split}, {data.source.fingerprint()}", ["method", "CER", "WER", "cleaned"], rows
    )
    metrics = {"cer": character_error_rate(pairs[MODEL]), "wer": word_error_rate(pairs[MODEL])}
    metrics |= {f"cer_{name.replace(' ', '_').replace(',', '')}": character_error_rate(read) for name, read in pairs.items()}
    return Report(metrics, [table], {"cleaned.png": contact_sheet(sheet)}, split=f"{count} lines of {data.split}")


def methods_for(cfg: Any, predictor: JointPredictor) -> dict[str, Method]:
    """The readers alone and after each eraser, with and without the gate, and Tesseract where it is asked for."""
    folders = {name: bundle_folder(cfg.parts[name], task) for name, task in PARTS.items()}
    reader: Any = predictor_for(Bundle.load(folders["reader"], "lines"), cfg, "auto")[0]
    eraser: Any = predictor_for(Bundle.load(folders["eraser"], "eraser"), cfg, "auto")[0]

    def read(image: np.ndarray, by: Any = reader) -> LineOutcome:
        return next(by.read([image]))

    def erased(image: np.ndarray) -> np.ndarray:
        return eraser.clean(image).image

    def gated(image: np.ndarray) -> tuple[str, bool]:
        before, after = read(image), read(erased(image))
        helps = cleaning_helps(before, after)
        return text_of(after if helps else before), helps

    def joint(image: np.ndarray) -> tuple[str, bool]:
        answer, is_cleaned = next(predictor.read([image]))
        return text_of(answer), is_cleaned

    def alone(by: Any) -> Method:
        return lambda image: (text_of(read(image, by)), False)

    methods: dict[str, Method] = {
        "reader alone": alone(reader),
        "reader after the eraser": lambda image: (text_of(read(erased(image))), True),
        "reader after the eraser, gated": gated,
        "joint reader alone": alone(predictor.as_is),
        "joint eraser and reader": lambda image: (text_of(read(image, predictor.cleaned)), True),
        MODEL: joint,
    }
    for folder in map(Path, cfg.competitors):
        competitor: Any = predictor_for(Bundle.load(folder), cfg, "auto")[0]
        methods[f"competitor {folder.parent.name}/{folder.name}"] = alone(competitor)
    if cfg.tesseract_languages:
        methods |= _by_tesseract(cfg.tesseract_languages, erased, predictor)
    return methods


def _by_tesseract(languages: str, erased: Callable[[np.ndarray], np.ndarray], predictor: JointPredictor) -> dict[str, Method]:
    try:
        tesseract.check_installed()
    except UserError as error:
        print(f"note: Tesseract is not measured: {error}")
        return {}

    def jointly(image: np.ndarray) -> np.ndarray:
        prepared = predictor.prepare(image)
        return predictor.clean(prepared) if isinstance(prepared, Prepared) else image

    return {
        "Tesseract": lambda image: (tesseract.read_line(as_grey(image), languages), False),
        "Tesseract after the eraser": lambda image: (tesseract.read_line(as_grey(erased(image)), languages), True),
        "Tesseract after the joint eraser": lambda image: (tesseract.read_line(jointly(image), languages), True),
    }


def row_of(predictor: JointPredictor, sample: Sample, text: str) -> np.ndarray:
    """A line, what the network made of it, and what was read, RGB."""
    prepared = predictor.prepare(sample.image)
    picture = side_by_side([prepared.image, predictor.clean(prepared)]) if isinstance(prepared, Prepared) else sample.image
    return captioned(captioned(shrink(picture), f"truth: {sample.text}"), f"read:  {text}")
