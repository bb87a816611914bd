"""What a reader of syllables gets right and wrong."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from base.bundle import Bundle
from base.registry import SOURCES
from base.report import Report, Table
from data_generators.hangul import HangulData
from data_generators.sources.reading.opening import sample_rng
from data_generators.synthesis.hangul.negatives import Negatives
from predictors.engines.loading import predictor_for
from predictors.hangul import AT_ONCE, HangulPredictor, SyllableReading
from preprocessing.text import hangul
from trainers.reports.hangul_explained import explained
from utils.drawing.charts import confusion_matrix_chart, reliability_chart
from utils.drawing.pictures import captioned, contact_sheet, side_by_side
from utils.metrics.calibration import expected_calibration_error, reliability

RANKED, ABSENT = 10, 10**6  # answers that are looked at, at least; the rank of a truth that is none of them
NEGATIVES = 400  # pictures of no syllable
PAIRS, SHOWN, SHOWN_PX = 20, 6, 96  # confused pairs, pictures of each, their side
NO_ANSWER = (-1, -1, -1)
WORST = 3  # jamo that are named
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
    def text(self) -> str:
        """The best answer, empty where there is none."""
        return self.texts[0] if self.texts else ""

    @property
    def rank(self) -> int:
        """Where the truth stands among the answers, from 0 on; `ABSENT` if it does not."""
        return self.texts.index(self.truth) if self.truth in self.texts else ABSENT


def read_all(predictor: HangulPredictor, data: HangulData) -> list[ReadSyllable]:
    """Reads every picture of a generator once; pictures are not kept."""
    facts: list[tuple[int, str, dict[str, str]]] = []

    def images() -> Iterable[np.ndarray]:
        for index in range(len(data)):
            sample = data.sample(index)
            facts.append((index, sample.text, sample.tags))
            yield sample.image

    most = len(predictor.texts) if predictor.among is None else len(predictor.among)
    answers = list(predictor.read(images(), min(max(RANKED, predictor.cfg.get("n") or 0), most), predictor.among))
    return [
        ReadSyllable(*fact, answer.texts, answer.confidence)
        if isinstance(answer, SyllableReading)
        else ReadSyllable(*fact, [], 0.0)
        for fact, answer in zip(facts, answers, strict=True)
    ]


def report_on(cfg: Any, predictor: HangulPredictor, data: HangulData) -> Report:
    """Reads a split and says how well: by font, hand, jamo, and seen or unseen syllables, with confusions and calibration."""
    refused = negatives_refused(cfg, predictor, data.split)
    begun = time.perf_counter()
    read = read_all(predictor, data)
    seconds = time.perf_counter() - begun
    right = np.array([syllable.rank == 0 for syllable in read])
    confidences = np.array([syllable.confidence for syllable in read])
    classes = np.array([[hangul.encode(syllable.truth), classes_read(syllable)] for syllable in read])
    metrics = {
        **{f"top{n}": top(read, n) for n in sorted({1, 5, RANKED, cfg.n})},
        **{place: float((classes[:, 0, at] == classes[:, 1, at]).mean()) for at, place in enumerate(hangul.PLACES)},
        "ece": expected_calibration_error(confidences, right),
        "negatives_refused": refused,
        "pictures_per_second": len(read) / seconds,
        **costs(predictor, data),
    }
    report = Report(metrics, split=f"{len(read)} pictures of {data.split}, {data.source.fingerprint()}")
    report.tables = [rates(MODEL, read, part_of), *competitors(cfg, data), *apart(predictor, read)]
    report.tables += [by_jamo(read), paces(metrics)]
    report.figures = {f"confusions_{place}.png": matrix(classes, at, place) for at, place in enumerate(hangul.PLACES)}
    report.figures["reliability.png"] = reliability_chart({"syllables": reliability(confidences, right)})
    pairs = confused_pairs(read)
    if pairs:
        report.tables.append(confused_table(pairs))
        report.figures["confused_pairs.png"] = confused_pictures(pairs, data)
    if cfg.explained_samples:
        table, figures = explained(cfg, predictor, data, [syllable.index for syllable in read if syllable.rank > 0])
        report.tables.append(table)
        report.figures |= figures
    report.files = {"syllables.tsv": as_table(read)}
    return report


def part_of(syllable: ReadSyllable) -> str:
    """The font that a made picture was written in, or where a real one comes from."""
    return syllable.tags.get("font", syllable.tags["source"])


def top(read: list[ReadSyllable], n: int) -> float:
    """The part whose truth is among the first ``n`` answers."""
    return float(np.mean([syllable.rank < n for syllable in read]))


def apart(predictor: HangulPredictor, read: list[ReadSyllable]) -> list[Table]:
    """Handwriting and print apart; lone jamo apart; syllables that the training had, and others, where it had not all."""
    tables = [rates("by hand", read, lambda syllable: syllable.tags["hand"])]
    if any(syllable.truth in hangul.LONE_JAMO for syllable in read):
        tables.append(rates("by kind", read, lambda syllable: "jamo" if syllable.truth in hangul.LONE_JAMO else "syllable"))
    if "trained_on" in predictor.facts:
        seen = set(predictor.facts["trained_on"])
        tables.append(rates("by training", read, lambda syllable: "seen" if syllable.truth in seen else "unseen"))
    return tables


def competitors(cfg: Any, data: HangulData) -> list[Table]:
    """The same pictures read by other bundles."""
    tables = []
    for folder in cfg.competitors:
        predictor, _ = predictor_for(Bundle.load(Path(folder), "hangul"), cfg, "auto")
        tables.append(rates(f"competitor {folder}", read_all(predictor, data), part_of))  # type: ignore[arg-type]
    return tables


def negatives_refused(cfg: Any, predictor: HangulPredictor, split: str) -> float:
    """The part of pictures of no syllable that get a confidence below one half."""
    negatives = Negatives(SOURCES.get(cfg.negatives.source)(cfg.negatives, split))
    pictures = (negatives.picture(sample_rng(cfg.seed, split, index)) for index in range(NEGATIVES))
    answers = predictor.read(pictures, 1)
    return float(np.mean([not isinstance(answer, SyllableReading) or answer.confidence < 0.5 for answer in answers]))


def by_jamo(read: list[ReadSyllable]) -> Table:
    """How often each place's jamo is among those of the best texts, and the jamo that are worst."""
    table = Table("by jamo", ["place", "top-1", "top-5", f"top-{RANKED}", f"the {WORST} worst, top-1"])
    for at, place in enumerate(hangul.PLACES):
        found = [jamo_rank(syllable, at) for syllable in read]
        ranks = defaultdict(list)
        for syllable, rank in zip(read, found, strict=True):
            ranks[hangul.JAMO[place][hangul.encode(syllable.truth)[at]] or "-"].append(rank == 0)
        worst = sorted(ranks, key=lambda jamo: float(np.mean(ranks[jamo])))[:WORST]
        rates_of = [f"{np.mean(np.array(found) < n):.2%}" for n in (1, 5, RANKED)]
        table.rows.append([place, *rates_of, " ".join(f"{jamo} {np.mean(ranks[jamo]):.1%}" for jamo in worst)])
    return table


def jamo_rank(syllable: ReadSyllable, at: int) -> int:
    """The first answer, from 0 on, that has the true jamo in a place."""
    true = hangul.encode(syllable.truth)[at]
    return next((rank for rank, text in enumerate(syllable.texts) if hangul.encode(text)[at] == true), ABSENT)


def costs(predictor: HangulPredictor, data: HangulData) -> dict[str, float]:
    """Speed of the network alone, its parameters and its size on disk, and how fast it was trained where that is known."""
    frames = [frame for index in range(AT_ONCE) if isinstance(frame := predictor.frame(data.sample(index).image), np.ndarray)]
    found: dict[str, float] = {}
    if frames:
        found["ms_a_picture"] = 1000 * seconds_for(predictor, frames) / len(frames)
        found["ms_alone"] = 1000 * seconds_for(predictor, frames[:1])
    for name in ("parameters", "pictures_trained_per_second"):
        if name in predictor.facts:
            found[name] = float(predictor.facts[name])
    if "folder" in predictor.facts:
        files = Path(predictor.facts["folder"]).iterdir()
        found["megabytes"] = sum(path.stat().st_size for path in files if path.suffix in (".npz", ".onnx")) / 1e6
    return found


def paces(metrics: dict[str, float]) -> Table:
    """Calibration, refusals, speed and size."""
    rows = [
        ["expected calibration error", f"{metrics['ece']:.3f}"],
        [f"negatives refused, of {NEGATIVES}", f"{metrics['negatives_refused']:.1%}"],
        [f"ms a picture, network alone, in batches of {AT_ONCE}", f"{metrics.get('ms_a_picture', np.nan):.2f}"],
        ["ms a picture, network alone, one by one", f"{metrics.get('ms_alone', np.nan):.2f}"],
        ["pictures a second, with drawing and framing", f"{metrics['pictures_per_second']:.0f}"],
    ]
    if "megabytes" in metrics:
        rows.append(["MB of weights.npz and model.onnx", f"{metrics['megabytes']:.1f}"])
    return Table("confidence, speed, size", ["", ""], rows)


def seconds_for(predictor: HangulPredictor, frames: list[np.ndarray]) -> float:
    """The shortest time of several for one batch."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        predictor.scores(frames)
        times.append(time.perf_counter() - begun)
    return min(times)


def classes_read(syllable: ReadSyllable) -> tuple[int, int, int]:
    """The jamo of the best answer; classes that no jamo has where there is none."""
    return hangul.encode(syllable.text) if syllable.text else NO_ANSWER


def matrix(classes: np.ndarray, at: int, place: str) -> np.ndarray:
    """RGB uint8 (H, W, 3), the confusion matrix of a jamo; classes int (pictures, 2: truth and read, 3)."""
    names = [name or "-" for name in hangul.JAMO[place]]
    counts = np.zeros((len(names), len(names)), int)
    answered = classes[classes[:, 1, at] >= 0]
    np.add.at(counts, (answered[:, 0, at], answered[:, 1, at]), 1)
    return confusion_matrix_chart(counts, names, place)


def confused_pairs(read: list[ReadSyllable]) -> list[tuple[str, str, list[ReadSyllable]]]:
    """Truth, reading, and the pictures, of the pairs that are most often confused."""
    pairs: dict[tuple[str, str], list[ReadSyllable]] = defaultdict(list)
    for syllable in read:
        if syllable.rank > 0 and syllable.texts:
            pairs[syllable.truth, syllable.text].append(syllable)
    most = sorted(pairs.items(), key=lambda item: (-len(item[1]), -item[1][0].confidence))[:PAIRS]
    return [(truth, text, pictures) for (truth, text), pictures in most]


def confused_table(pairs: list[tuple[str, str, list[ReadSyllable]]]) -> Table:
    """The same as a table."""
    rows = [[truth, text, str(len(pictures))] for truth, text, pictures in pairs]
    return Table(f"the {len(rows)} pairs that are most often confused", ["true", "read as", "times"], rows)


def confused_pictures(pairs: list[tuple[str, str, list[ReadSyllable]]], data: HangulData) -> np.ndarray:
    """The same with pictures, as the data have them."""
    rows = []
    for truth, text, pictures in pairs:
        images = [cv2.resize(data.sample(syllable.index).image, (SHOWN_PX, SHOWN_PX)) for syllable in pictures[:SHOWN]]
        rows.append(captioned(side_by_side(images), f"{truth} read as {text}, {len(pictures)} times"))
    return contact_sheet(rows)


def as_table(read: list[ReadSyllable]) -> str:
    """``syllables.tsv``: every picture with its truth and its answers."""
    head = ("index", "source", "hand", "confidence", "rank", "truth", "answers")
    rows = [
        (
            s.index,
            part_of(s),
            s.tags["hand"],
            f"{s.confidence:.4f}",
            s.rank if s.rank < ABSENT else "",
            s.truth,
            " ".join(s.texts),
        )
        for s in read
    ]
    return "".join("\t".join(map(str, row)) + "\n" for row in [head, *rows])


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
    """RGB uint8 (H, W, 3), some pictures, spread over the data, each with its truth and its answers."""
    samples = [data.sample(int(place)) for place in np.linspace(0, len(data) - 1, count).round()]
    answers = predictor.predict([sample.image for sample in samples], n=min(5, len(predictor.texts)))
    return contact_sheet(
        [
            captioned(
                sample.image, f"{sample.text}: {answer.values.get('text', answer.error)} {answer.values.get('confidence', 0)}"
            )
            for sample, answer in zip(samples, answers, strict=True)
        ]
    )
