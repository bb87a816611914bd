"""mode=cut_words: from labelled lines to labelled words, along a reader's alignment."""

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from base.source import BaseSource
from base.types import Sample
from base.writer import Record
from data_generators.modes.parallel import in_chunks
from data_generators.sources.reading.opening import open_sources, sample_or_reason
from data_generators.writers.folder import FolderWriter
from predictors.engines.loading import predictor_for
from predictors.engines.weights import find_bundle
from predictors.lines import LinesPredictor, Prepared
from predictors.reading.confidence import FrameScale, Span
from preprocessing.text.charset import frames_needed
from preprocessing.text.rules import TextRules
from utils.compute.pools import Opened, open_pool
from utils.compute.softmax import log_softmax
from utils.drawing.pictures import captioned, contact_sheet, save_picture
from utils.files.images import encode_png, read_grey
from utils.files.output_folder import check_replaceable, replaced_whole, unfinished
from utils.files.tables import read_table
from utils.runs.progress import Progress

BESIDE = 0.1  # of the line's height, kept at either side of a word
SHEET, SHOWN = "contact_sheet.png", 24


def cut_words(cfg: DictConfig) -> None:
    """Writes each word of each line as an image with its text; groups and splits are those of the lines.

    What stands in a line is known, and where is found by forced alignment: the most likely path through the frames of a
    CTC network that spells the text (Viterbi). Words whose characters the network hardly finds there are left out.

    Raises:
        UserError: the output exists, or the network has no frames.
    """
    output = Path(cfg.output)
    check_replaceable(output, cfg.mode.name, overwrite=cfg.overwrite, data=cfg.data.get("root"))
    bundle = find_bundle(cfg)
    if "beam_width" in bundle.facts:
        raise UserError(f"weights={cfg.weights}: {bundle.config.model.name} has no frames to find words in: name a CTC reader")
    predictor: LinesPredictor = predictor_for(bundle, cfg, cfg.engine)[0]  # type: ignore[assignment]
    if predictor.charset.in_jamo:
        raise UserError(f"weights={cfg.weights}: this reader writes Hangul as jamo, and words are cut by whole characters only")
    rules = TextRules(**(cfg.text_rules or bundle.config.get("text_rules") or {}))
    pool = open_pool(cfg, cfg.processes, unfinished(output))
    cutting = Cutting(Opened(partial(open_reader, cfg, pool.threads), predictor), rules, cfg.least_confidence)
    with replaced_whole(cfg) as work:
        for split, source in open_sources(cfg.data, list(cfg.splits)).items():
            writer = FolderWriter(work, split, 0)
            with Progress(len(source), f"{split} lines") as shown:
                for number, words in in_chunks(source, range(len(source)), words_of, cutting, pool):
                    writer.write(words)
                    shown.advance(number)
            print(f"{split}: {writer.done()} words of {len(source)} lines")
        save_picture(work / SHEET, sheet_of(work))
    print(f"in {output}; look at {output / SHEET}")


def open_reader(cfg: DictConfig, threads: int | None) -> LinesPredictor:
    """The reader of a worker that has so many processor threads."""
    own = OmegaConf.merge(cfg, {"runtime": {"threads": threads}})
    return predictor_for(find_bundle(cfg), own, cfg.engine)[0]  # type: ignore[return-value]


@dataclass(frozen=True)
class Cutting:
    """What finds words, how texts are spelled, and how sure a word must be, 0..1."""

    reader: Opened[LinesPredictor]
    rules: TextRules
    least: float


def words_of(source: BaseSource, indices: np.ndarray, cutting: Cutting) -> list[Record]:
    """The words of some lines, from left to right."""
    predictor, words = cutting.reader.value, []
    samples = [(index, sample_or_reason(source, index)) for index in map(int, indices)]
    lines = [(index, sample, predictor.prepare(sample.image)) for index, sample in samples if isinstance(sample, Sample)]
    good = [(index, sample, line) for index, sample, line in lines if isinstance(line, Prepared)]
    outputs = predictor.outputs([line.image for _, _, line in good])
    for (index, sample, line), logits_TC in zip(good, outputs, strict=True):
        text = cutting.rules.apply(sample.text)
        for number, word in enumerate(aligned_words(text, logits_TC, predictor, line)):
            if word.confidence >= cutting.least:
                name = f"{source.where(index)} word {number + 1}"
                words.append(Record(name, encode_png(crop(sample, word)), ".png", word.text, sample.group))
    return words


def aligned_words(text: str, logits_TC: np.ndarray, predictor: LinesPredictor, line: Prepared) -> list[Span]:
    """Where a line's words stand; none where the network does not know a character, or the text has more than fit."""
    from predictors.decoders.search.ctc_beam import align  # it compiles code, which takes its time

    classes = {character: number for number, character in enumerate(predictor.characters, start=1)}
    if not set(text) <= set(classes) or not text or frames_needed(text) > len(logits_TC):
        return []
    labels = np.array([classes[character] for character in text], np.int32)
    scores_TC = np.ascontiguousarray(log_softmax(logits_TC / predictor.temperature), np.float32)
    frames = align(scores_TC, labels)
    scale = FrameScale(predictor.frame_px * line.scale, line.scale * line.image.shape[1])
    sure = [float(np.exp(scores_TC[a : b + 1, label].max())) for (a, b), label in zip(frames.tolist(), labels, strict=True)]
    edges = scale.edges((frames.sum(axis=1) + 1) / 2)
    characters = [Span(*parts, *sides) for parts, sides in zip(zip(text, sure, strict=True), edges, strict=True)]
    words = [list(part) for is_space, part in groupby(characters, key=lambda span: span.text.isspace()) if not is_space]
    return [
        Span(
            "".join(span.text for span in word),
            float(np.exp(np.mean([np.log(max(span.confidence, 1e-9)) for span in word]))),
            word[0].left,
            word[-1].right,
        )
        for word in words
    ]


def crop(sample: Sample, word: Span) -> np.ndarray:
    """uint8 (H, W), the word's part of its line, as high as the line."""
    beside = BESIDE * sample.image.shape[0]
    left, right = max(0, round(word.left - beside)), min(sample.image.shape[1], round(word.right + beside))
    return sample.image[:, left : max(right, left + 1)]


def sheet_of(folder: Path) -> np.ndarray:
    """RGB uint8 (H, W, 3), some words below each other, each with its text."""
    rows = [row for _, row in read_table(folder / "labels.tsv", ("image", "text"))]
    if not rows:
        raise UserError("no word was found: does the reader know this hand and language, or is least_confidence too high?")
    chosen = [rows[int(place)] for place in np.linspace(0, len(rows) - 1, SHOWN)]
    return contact_sheet([captioned(read_grey(folder / row["image"]), row["text"]) for row in chosen])
