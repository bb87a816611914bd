"""Lines put together from the pen strokes of real writers, drawn as ink on paper."""

import gzip
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from base.errors import EmptySplit, UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.sources.reading.catalogue import CANONICAL, existing_root
from data_generators.synthesis.ranges import draw
from data_generators.synthesis.writing.hand import Strip
from data_generators.synthesis.writing.line_picture import Preset, Presets, picture_line, write_line
from data_generators.synthesis.writing.pen_strokes import Nib, NibRanges, PenWord, set_pen_words
from preprocessing.text.charset import Charset
from utils.configuration.values import plain
from utils.files.below import files_below

COLUMNS = ["kind", "donor", "writer", "split", "text", "strokes"]
WORD, LINE = "word", "text"  # kinds
MEASURED = 40  # words that tell a writer's x-height
MARGIN_AND_SPACE = 1.2  # x-heights, about, for the estimate of a line's width


@dataclass
class Writer:
    """What one person wrote of one kind: texts, and strokes as they are stored.

    Attributes:
        name: the writer's.
        items: text, strokes, and where they stand.
        sizes: of the items that were measured.
    """

    name: str
    items: list[tuple[str, str, str]] = field(default_factory=list)
    sizes: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def word(self, index: int) -> PenWord:
        """One item; raises UserError where its strokes are none."""
        text, moves, where = self.items[index]
        try:
            return PenWord.of(text, moves).levelled()
        except ValueError as error:
            raise UserError(f"{where}: its strokes cannot be read ({error})") from error

    def size(self, index: int) -> tuple[float, float, float]:
        """How far an item reaches above its baseline and below, and how wide it is; each is measured once."""
        if index not in self.sizes:
            self.sizes[index] = self.word(index).rise_depth_width()
        return self.sizes[index]

    @cached_property
    def x_height(self) -> float:
        """In the unit of the strokes."""
        return float(np.median([self.word(index).baseline_and_x_height()[1] for index in range(min(MEASURED, len(self.items)))]))


@SOURCES.register("strokes")
class StrokesSource(BaseSource):
    """Lines of real hands without paper: words of one writer side by side, or the lines that the writer wrote.

    Reads the ``*.tsv`` and ``*.tsv.gz`` files below ``data.root``: UTF-8, a header ``kind donor writer split text strokes``,
    tabs between. kind is ``word`` or ``text`` (a line); split is train, val or test, by writer; strokes are separated by
    commas, each a list of integers ``dx dy dx dy ...``, the moves from the point before (the first counts from the corner),
    y downwards. Hands bend, slant and wander, pens press, and paper and scan are drawn as in ``data=synthetic``, so that
    ink is known pixel for pixel. Where letters stand is not known.

    Raises:
        UserError: a file of another form, or a writer in two splits.
        EmptySplit: no writer of this split writes in the charset.
    """

    endless = True

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        settings = plain(cfg)
        self.length, self.height_px, self.widest_px = settings["length"], settings["height_px"], settings["widest_px"]
        self.root = existing_root(cfg.root)
        self.fewest, self.most = settings["words"]
        self.line_probability = settings["line_probability"]
        self.nib = NibRanges(**settings["nib"])
        self.presets = Presets(settings["presets"], settings["preset"], settings["weights"])
        self.writers = self._read(Charset.read(Path(cfg.charset)) if cfg.charset else None, set(settings["without_donors"]))
        self.names = sorted({name for _, name in self.writers})
        if not self.names:
            raise EmptySplit(f"{self.root}: no writer of the {split} split wrote anything in the charset")
        counts = [sum(len(self.writers[key].items) for key in self._kinds(name)) for name in self.names]
        self.limits = np.cumsum(np.sqrt(counts) / np.sqrt(counts).sum())  # between all writers alike and all words alike

    def __len__(self) -> int:
        return self.length

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        writer, places, name, preset, x_height = self._choose(rng)
        words = [writer.word(place) for place in places]
        nib = Nib.draw(rng, len(words), self.nib)

        def set_words(count: int, word_spacing: float, letter_spacing: float) -> Strip:
            return set_pen_words(words[:count], writer.x_height, x_height, word_spacing, nib)

        texts = [word.text for word in words]
        line = write_line(rng, texts, set_words, x_height, preset, (self.height_px, self.widest_px))
        tags = {"hand": "handwriting", "writer": writer.name, "preset": name}
        return replace(picture_line(rng, line, preset, colour=False, tags=tags), group=writer.name, glyphs=[])

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        """An estimate from the strokes; the same rng state gives the words of `sample`."""
        writer, places, _, _, x_height = self._choose(rng)
        rises, depths, widths = zip(*map(writer.size, places), strict=True)
        fitting = self.height_px * writer.x_height / (1.1 * (max(rises) + max(depths)))  # the highest x-height that has room
        width = (sum(widths) / writer.x_height + MARGIN_AND_SPACE * (len(places) + 1)) * min(x_height, fitting)
        return self.height_px, int(min(width, self.widest_px))

    def fingerprint(self) -> str:
        items = sum(len(writer.items) for writer in self.writers.values())
        return f"strokes:{self.root.name}: {len(self.names)} writers, {items} words and lines, {self.presets}"

    def _choose(self, rng: np.random.Generator) -> tuple[Writer, list[int], str, Preset, float]:
        """Who writes which items, on which kind of page, and the x-height in pixels."""
        name = self.names[min(int(np.searchsorted(self.limits, rng.random())), len(self.names) - 1)]
        keys, chance = self._kinds(name), rng.random()
        key = keys[0] if len(keys) == 1 else (LINE, name) if chance < self.line_probability else (WORD, name)
        writer = self.writers[key]
        count = 1 if key[0] == LINE else int(rng.integers(self.fewest, self.most + 1))
        places = rng.integers(len(writer.items), size=count).tolist()
        kind, preset = self.presets.draw(rng)
        return writer, places, kind, preset, draw(rng, preset.writing.x_height) * self.height_px

    def _kinds(self, name: str) -> list[tuple[str, str]]:
        return [(kind, name) for kind in (WORD, LINE) if (kind, name) in self.writers]

    def _read(self, charset: Charset | None, without: set[str]) -> dict[tuple[str, str], Writer]:
        """The writers of this split by kind and name."""
        paths = files_below(self.root, {".tsv", ".gz"})
        if not paths:
            raise UserError(f"{self.root}: there are no .tsv or .tsv.gz files of strokes in it")
        writers: dict[tuple[str, str], Writer] = {}
        splits: dict[str, str] = {}
        for path in paths:
            for where, (kind, donor, name, split, text, moves) in rows_of(path):
                if kind not in (WORD, LINE) or CANONICAL.get(split) is None:
                    raise UserError(f"{where}: kind is {WORD} or {LINE}, split is train, val or test, not {kind!r} and {split!r}")
                if splits.setdefault(name, split) != split:
                    raise UserError(f"{where}: writer {name} is in {splits[name]} and in {split}: a writer belongs to one split")
                text = unicodedata.normalize("NFC", text)
                if CANONICAL[split] == self.split and donor not in without and text and not (charset and charset.missing(text)):
                    writers.setdefault((kind, name), Writer(name)).items.append((text, moves, where))
        return writers


def rows_of(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Where each row stands, and its columns.

    Raises:
        UserError: another header, a row that is too short, or a file that is no UTF-8 or no gzip.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for number, row in enumerate(file, start=1):
                columns = row.rstrip("\r\n").split("\t")
                if number == 1 and columns != COLUMNS:
                    raise UserError(f"{path}: its first line must be {' '.join(COLUMNS)}, with tabs between")
                if len(columns) != len(COLUMNS):
                    raise UserError(f"{path}:{number}: {len(COLUMNS)} columns are needed, {len(columns)} are there")
                if number > 1:
                    yield f"{path}:{number}", columns
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path}: it cannot be read ({error})") from error
