"""From whole pages to texts: find the lines, erase what covers them, read them, write them down."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from base.bundle import Bundle, bundle_folder
from base.page import ReadLine, ReadPage, ReadWord
from base.predictor import BasePredictor, FileToRead, Network
from base.registry import PAGE_FORMATS, PREDICTORS
from base.types import Prediction
from predictors.engines.loading import predictor_for
from predictors.eraser import EraserPredictor
from predictors.lines import LinesPredictor
from predictors.page_formats.overlay import overlay
from predictors.page_formats.pdf import bind
from predictors.reading.confidence import LineReading, Span
from predictors.reading.files import picture_of
from predictors.reading.gate import LineOutcome, cleaning_helps
from predictors.reading.line_finder import FoundPage, LineFinder
from preprocessing.pages.baselines import FoundLine
from preprocessing.pages.line_cutting import baseline_frame, cut_line, lengths_along
from preprocessing.pages.outlines import BEYOND
from preprocessing.pages.scale import scale_page
from utils.drawing.pictures import captioned, shrink
from utils.files.images import Page, UnreadableImage, as_grey, write_page
from utils.files.pdf_pages import SUFFIX as PDF
from utils.files.pictures import opened

WORD_ABOVE, WORD_BELOW = 1.5, 0.4  # x-heights that a word's outline reaches
SMALLEST_PX = 64
PLAUSIBLE_DPI = (50, 2400)  # of a page: others are what cameras and programs write that know nothing of it
X_HEIGHT_PX = 20.0  # of the pages that are cleaned and read
NAMES_IMAGE = {"page", "alto"}  # formats that are of use beside an image alone
NO_LINES = "no lines of writing were found"


@dataclass
class Stopwatch:
    """Seconds by what they were spent on."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Adds the time of a block."""
        start = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - start


@PREDICTORS.register("pages")
class PagesPredictor(BasePredictor):
    """Reads pages with three bundles: its own finds the lines, ``cfg.eraser`` cleans them, ``cfg.reader`` reads them.

    Attributes:
        watch: where the time of all pages so far went.
    """

    works_with: ClassVar[dict[str, str]] = {"reader": "lines", "eraser": "eraser"}
    also_reads = frozenset({PDF})
    answers_with_files = True

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        super().__init__(network, facts, cfg)
        self.finder = LineFinder(network, facts)
        self.erase: str = cfg.get("erase", "auto")
        self.formats: list[str] = list(cfg.get("formats", []))
        self.watch = Stopwatch()

    @cached_property
    def reader(self) -> LinesPredictor | None:
        """Reads lines; None where none is wanted."""
        return self._open("lines", weights) if (weights := self.cfg.get("reader", "pretrained")) else None  # type: ignore[return-value]

    @cached_property
    def eraser(self) -> EraserPredictor | None:
        """Cleans pages; None where that is not wanted."""
        return self._open("eraser", self.cfg.get("eraser", "pretrained")) if self.erase != "never" else None  # type: ignore[return-value]

    def _open(self, task: str, weights: str) -> BasePredictor:
        """A predictor of another bundle; its network is opened once for all predictors of pages around one network."""
        opened_before: dict[tuple[str, str], BasePredictor] = self.facts.setdefault("opened", {})
        known = opened_before.get((task, weights))
        if known is None:
            known = opened_before[task, weights] = predictor_for(
                Bundle.load(bundle_folder(weights, task), task), self.cfg, "auto"
            )[0]
        return type(known)(known.network, known.facts, self.cfg)

    def answers(self, pictures: Iterable[Any], **options: Any) -> Iterator[Prediction]:
        """Reads pages; the picture of an answer is ``overlay``.

        Yields:
            Predictions with ``text``, ``confidence`` and ``lines`` (see `ReadLine.values`).
        """
        for picture in pictures:
            try:
                page = opened(picture)
                read = self.read_page(page)
            except UnreadableImage as error:
                yield Prediction(error=str(error))
            else:
                yield Prediction(
                    values=page_values(read),
                    result=read,
                    draw=partial(draw_overlay, read),
                    write=partial(self.write, page, read),
                    write_one=partial(write_one, read),
                )

    def write(self, page: Page, read: ReadPage, stem: Path) -> dict[str, Path]:
        """Writes a page in every format of ``cfg.formats``; the files by format.

        XML names an image. That of a page of several, or of a PDF, is the page's own picture, which is written beside it.
        """
        if page.count == 1 and not is_pdf(page.name):
            return {name: PAGE_FORMATS.get(name)(read, stem) for name in self.formats}
        picture = stem.with_name(f"{stem.name}.png")
        named = replace(read, image=picture.name)
        files = {name: PAGE_FORMATS.get(name)(named, stem) for name in self.formats}
        if page.source is not None and NAMES_IMAGE & {*self.formats}:
            write_page(page, page.pixels, picture)
            files["picture"] = picture
        return files

    def finish(self, file: FileToRead, predictions: list[Prediction], output: Path) -> None:
        """Binds the PDF files of a file's pages into one; the text of a PDF's own pages is laid onto these."""
        if "pdf" not in self.formats or (len(predictions) == 1 and file.path.suffix.lower() != PDF):
            return
        parts = [next(filter(is_pdf, prediction.values.get("files", [])), None) for prediction in predictions]
        if not any(parts):
            return
        bound = f"{file.name}.pdf"
        with self.watch.on("write"):
            bind(file.path, [None if part is None else output / part for part in parts], output / bound)
        for prediction, part in zip(predictions, parts, strict=True):
            if part is not None:
                prediction.values["files"] = [bound if name == part else name for name in prediction.values["files"]]

    def read_page(self, page: Page) -> ReadPage:
        """Finds and reads the lines of a page.

        Raises:
            UnreadableImage: it is too small for a page.
        """
        height, width = page.pixels.shape[:2]
        if min(height, width) < SMALLEST_PX:
            raise UnreadableImage(f"the image is {width}x{height} px: too small for a page")
        grey = as_grey(page.pixels)
        with self.watch.on("find"):
            found = self.finder.find(grey)
        readings, choices = self.read_lines(grey, found) if found.lines else ([], [])
        lines = [
            read_line(f"line_{number}", line, outline, reading, is_cleaned, (width, height))
            for number, (line, outline, reading, is_cleaned) in enumerate(
                zip(found.lines, found.outlines, readings, choices, strict=True), start=1
            )
        ]
        shown = page.pixels if page.pixels.dtype == np.uint8 and page.pixels.ndim == 3 and page.pixels.shape[2] == 3 else grey
        dpi = page.info.get("dpi", (0.0,))[0]
        blocks = [[lines[place] for place in block] for block in found.blocks]
        return ReadPage(
            page.name, shown, float(dpi) if PLAUSIBLE_DPI[0] <= dpi <= PLAUSIBLE_DPI[1] else None, blocks, page.source
        )

    def _clean(self, page: np.ndarray) -> np.ndarray | None:
        """The page without rules and stains, or None where there are none, or nobody wants it."""
        if self.eraser is None:
            return None
        with self.watch.on("erase"):
            result = self.eraser.clean(page)
        return result.image if result.erased.any() else None

    def read_lines(self, grey: np.ndarray, found: FoundPage) -> tuple[list[LineOutcome], list[bool]]:
        """What stands in each line, and whether it was read in the cleaned page: with ``erase=auto`` where that helps.

        Large pages are made smaller first: readers and erasers see small letters with some 20 pixels anyway.
        """
        if self.reader is None:
            return [LineReading("", 1.0) for _ in found.lines], [False] * len(found.lines)
        scale = min(1.0, X_HEIGHT_PX / float(np.median([line.x_height for line in found.lines])))
        page, lines = (scale_page(grey, scale), found.scaled(scale)) if scale < 1 else (grey, found)
        cleaned = self._clean(page)
        with self.watch.on("read"):
            before = self._read_cut(page, lines)
            if cleaned is None:
                return before, [False] * len(before)
            after = self._read_cut(cleaned, lines)
            if self.erase == "always":
                return after, [True] * len(after)
            choices = [cleaning_helps(*pair) for pair in zip(before, after, strict=True)]
            return [b if choice else a for a, b, choice in zip(before, after, choices, strict=True)], choices

    def _read_cut(self, page: np.ndarray, found: FoundPage) -> list[LineOutcome]:
        assert self.reader is not None
        return list(self.reader.read(cut(page, *line) for line in zip(found.lines, found.outlines, strict=True)))

    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """The page with its lines, and how much was read."""
        lines = [as_drawn(line) for line in answer["lines"]]
        read = ReadPage(path.name, picture_of(path, answer), None, [lines])
        return captioned(shrink(overlay(read)), f"{len(lines)} lines, confidence {answer['confidence']:.2f}: {path.name}")


def cut(page: np.ndarray, line: FoundLine, outline: np.ndarray) -> np.ndarray | UnreadableImage:
    """A line's picture, uint8 (H, W), or why there is none: lines may be found that lie at a page's very rim."""
    try:
        return cut_line(page, outline, line.baseline)
    except ValueError as error:
        return UnreadableImage(str(error))


def as_drawn(line: dict[str, Any]) -> ReadLine:
    """A line of predictions.jsonl, as far as a picture of it needs it."""
    return ReadLine(
        line["line_id"], np.array(line["baseline"]), np.array(line["outline"]), 1.0, line["text"], line["confidence"], 1.0, [], []
    )


def write_one(read: ReadPage, path: Path) -> dict[str, Path] | None:
    """Writes a page in the one format that a path's end names, ``x.alto.xml`` or ``x.pdf``; None where it names none."""
    for name in PAGE_FORMATS.names():
        for ending in (f".{name}.xml", f".{name}.png", f".{name}"):
            if path.name.endswith(ending):
                return {name: PAGE_FORMATS.get(name)(read, path.with_name(path.name.removesuffix(ending)))}
    return None


def is_pdf(name: str) -> bool:
    """Whether a file is one by its name."""
    return name.lower().endswith(PDF)


def draw_overlay(page: ReadPage) -> dict[str, np.ndarray]:
    """RGB uint8 (H, W, 3) by name: the page with its lines."""
    return {"overlay": overlay(page)}


def page_values(page: ReadPage) -> dict[str, Any]:
    """What goes into predictions.jsonl for a page."""
    values: dict[str, Any] = {"text": page.text, "confidence": round(page.confidence, 4)}
    if not page.blocks:
        values["note"] = NO_LINES
    return {**values, "lines": [{**line.values(), "block": number} for number, block in enumerate(page.blocks) for line in block]}


def read_line(
    identity: str,
    line: FoundLine,
    outline: np.ndarray,
    reading: LineOutcome,
    is_cleaned: bool,
    size_WH: tuple[int, int],
) -> ReadLine:
    """A found line with what was read in it, all of it on its page; one whose picture cannot be read has no text."""
    read = reading if isinstance(reading, LineReading) else LineReading("", 0.0)
    corner = np.array(size_WH) - 1
    words = [word_on_page(line, word, read.width_px) for word in read.words]
    return ReadLine(
        identity,
        np.clip(line.baseline, 0, corner),
        np.clip(outline, 0, corner),
        line.x_height,
        read.text,
        read.confidence,
        line.confidence,
        [replace(word, outline=np.clip(word.outline, 0, corner)) for word in words],
        read.alternatives,
        is_cleaned,
    )


def word_on_page(line: FoundLine, word: Span, width_px: float) -> ReadWord:
    """A word of a line's picture, which reaches `BEYOND` its baseline's ends, with its outline on the page."""
    lengths = lengths_along(line.baseline)
    reach = BEYOND * line.x_height
    unit = (lengths[-1] + 2 * reach) / width_px
    points, normals = baseline_frame(line.baseline, lengths, np.array([word.left, word.right]) * unit - reach)
    above, below = points - WORD_ABOVE * line.x_height * normals, points + WORD_BELOW * line.x_height * normals
    return ReadWord(word.text, word.confidence, np.concatenate([above, below[::-1]]))
