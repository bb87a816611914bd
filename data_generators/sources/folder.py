"""The user's own images: with a labels.tsv, with a text file beside each, with labels as file names, or without any."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Origin, Sample
from base.writer import EXTRAS
from data_generators.sources.reading.catalogue import Catalogue, Inside, existing_root, group_in, split_in
from preprocessing.text.transcription import RULES
from utils.files.below import every_file, files_below
from utils.files.images import IMAGE_SUFFIXES, image_size, read_grey
from utils.files.tables import parse_row, read_header, scan_lines
from utils.files.whole import read_text

QUOTED = re.compile(rb'(?:^|\t)"(?:[^"\t]|"")*""(?:[^"\t]|"")*"(?:\t|\r?\n|$)')  # doubled quotes within quotes
COLUMNS = ("image", "text", "group", "split")
TABLE = "labels.tsv"
KS_CODE = re.compile(r"(?:b[0-9a-f]|c[0-8])(?:a[1-9a-f]|[b-e][0-9a-f]|f[0-9a-e])", re.IGNORECASE)  # of a syllable of KS X 1001
CODE_POINT = re.compile(r"[Uu]\+?([0-9A-Fa-f]{4,6})")


@dataclass(frozen=True)
class Entry:
    """A sample as the labels have it; ``where`` names the file and the line that say so."""

    path: Path
    text: str
    group: str
    split: str | None
    where: str
    origin: Origin = Origin.REAL


class Layout(Protocol):
    """One way in which folders state labels."""

    def scan(self) -> Iterator[tuple[int, str, Any]]:
        """Every sample's position, where it is stated, and what `parse` makes an entry of."""
        ...

    def parse(self, raw: Any, where: str) -> Entry:
        """An entry; raises UserError for one that is broken."""
        ...

    def entry(self, position: int) -> Entry:
        """The entry at a position."""
        ...


class TableLayout:
    """``labels.tsv``: header ``image text group split``, and ``origin`` if that is stated; tabs between, no quoting.

    Rows are found by their first byte.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / TABLE
        with self.path.open("rb") as file:
            self.header = read_header(file, self.path, COLUMNS)

    def scan(self) -> Iterator[tuple[int, str, bytes]]:
        quoted = 0
        for offset, number, line in scan_lines(self.path):
            if number > 1 and line.strip():
                quoted += bool(QUOTED.search(line))
                yield offset, f"{self.path}:{number}", line
        if quoted:
            print(
                f"note: {self.path}: {quoted} rows have fields in quotes, as spreadsheets write them; here quotes are part of "
                "the text: save it as plain tab-separated text",
                flush=True,
            )

    def parse(self, raw: bytes, where: str) -> Entry:
        row = parse_row(raw, self.header, self.path, int(where.rpartition(":")[2]))
        path, origin = self._image(row["image"]), Origin.stated(row.get("origin"))
        return Entry(path, row["text"], row["group"], row["split"] or None, where, origin)

    def _image(self, name: str) -> Path:
        """The image of a name, in which Windows puts backslashes between folders."""
        path = self.path.parent / name
        return self.path.parent / name.replace("\\", "/") if "\\" in name and not path.is_file() else path

    def entry(self, position: int) -> Entry:
        with self.path.open("rb") as file:
            file.seek(position)
            return self.parse(file.readline(), f"{self.path}:0")


class FilesLayout:
    """Labels that lie beside the images (``a.png`` and ``a.gt.txt``), in their names, in their folders' names, or nowhere."""

    def __init__(self, root: Path, labels: str, name_pattern: str, follow_links: bool) -> None:
        self.root = root
        self.labels = labels
        try:
            self.pattern = re.compile(name_pattern)
        except re.error as error:
            raise UserError(f"data.name_pattern={name_pattern}: it is not a regular expression ({error})") from error
        if "text" not in self.pattern.groupindex:
            raise UserError(f"data.name_pattern={name_pattern}: it needs a group (?P<text>...)")
        self.paths = files_below(root, IMAGE_SUFFIXES, follow_links=follow_links)
        self.are_codes = all(KS_CODE.fullmatch(path.parent.name) for path in self.paths)

    def scan(self) -> Iterator[tuple[int, str, Path]]:
        for position, path in enumerate(self.paths):
            yield position, str(path), path

    def entry(self, position: int) -> Entry:
        return self.parse(self.paths[position], str(self.paths[position]))

    def parse(self, raw: Path, where: str) -> Entry:
        path = raw
        relative = PurePosixPath(path.relative_to(self.root).as_posix())
        hand = "/".join(filter(None, (split_in(relative), path.stem)))  # folders with splits of their own have hands of their own
        group = hand if self.labels == "folders" else group_in(relative)
        return Entry(path, self._text(path), group, split_in(relative), where)

    def _text(self, path: Path) -> str:
        if self.labels == "pairs":
            beside = text_beside(path)
            if beside is None:
                raise UserError(f"there is no {path.stem}.gt.txt beside it")
            return read_text(beside)
        if self.labels == "folders":
            name = path.parent.name
            return bytes.fromhex(name).decode("euc_kr") if self.are_codes else text_of_folder(name)
        if self.labels == "names":
            found = self.pattern.fullmatch(path.stem)
            if not found:
                raise UserError(f"its name does not fit data.name_pattern={self.pattern.pattern}")
            return found["text"]
        return ""


def text_of_folder(name: str) -> str:
    """The text that a folder's name is, or that its code point is: ``가``, ``U+AC00``."""
    code = CODE_POINT.fullmatch(name)
    return chr(int(code[1], 16)) if code and int(code[1], 16) <= sys.maxunicode else name


def text_beside(path: Path) -> Path | None:
    """The ``.gt.txt`` file of an image, or None: ``a.png`` goes with ``a.gt.txt``, ``a.bin.png`` with that or its own."""
    candidates = (path.with_name(f"{path.stem}.gt.txt"), path.with_name(f"{path.name.partition('.')[0]}.gt.txt"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def hint_of_texts(files: list[Path]) -> str | None:
    """What to do where a folder's texts are kept as other tools keep them; None where there are none to be seen."""
    images = {file.with_suffix("") for file in files if file.suffix.lower() in IMAGE_SUFFIXES}
    beside = sum(file.suffix.lower() == ".txt" and file.with_suffix("") in images for file in files)
    if beside:
        return f"{beside} .txt files beside images: rename them from a.txt to a.gt.txt"
    tables = [file for file in files if file.suffix.lower() in (".csv", ".tsv", ".xlsx", ".ods")]
    if tables:
        return f"there is {tables[0].name}: save it as {TABLE}, with tabs between the columns {' '.join(COLUMNS)}, and no quotes"
    return None


@SOURCES.register("folder")
class FolderSource(BaseSource):
    """Images under ``data.root``; ``data.labels`` says where their texts are.

    Args:
        cfg: ``labels`` is ``table`` (labels.tsv), ``pairs`` (``.gt.txt`` files), ``names`` (by ``name_pattern``), ``folders``
            (one folder a text, such as a syllable, its code point, or, where all are such, its code of KS X 1001; files of one
            name are of one hand), ``none``, or ``auto``: the first of table
            and pairs that is there, else none. Where no labels.tsv states splits and groups, folders called train, val or test
            do, and the folders in them are the groups.
        split: ``train``, ``val`` or ``test``.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        labels = self._find_labels(cfg.labels)
        self.rule = RULES[cfg.transcription]
        self.layout: Layout = (
            TableLayout(self.root) if labels == "table" else FilesLayout(self.root, labels, cfg.name_pattern, cfg.follow_links)
        )
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        self._scan(catalogue)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        entry = self.entry(index)
        image, text = read_grey(entry.path), self.rule(entry.text, ())
        return Sample(image, text, entry.group, entry.path, entry.origin, tags={"hand": "scan", "layout": "line"})

    def text(self, index: int) -> str:
        return self.rule(self.entry(index).text, ())

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return image_size(self.entry(index).path)

    def where(self, index: int) -> str:
        return str(self.entry(index).path)

    def encoded(self, index: int) -> tuple[bytes, str]:
        path = self.entry(index).path
        return path.read_bytes(), path.suffix

    def entry(self, index: int) -> Entry:
        """What the labels say of a sample."""
        return self.layout.entry(int(self.positions[index]))

    def fingerprint(self) -> str:
        ends = self.positions[[0, -1]].tolist()
        return f"folder:{self.root.name}:{len(self)} files:{ends[0]}..{ends[1]}:{self._weight()} bytes:{self.state}"

    def extras(self, index: int) -> dict[str, bytes]:
        """Masks and glyph boxes as mode=generate writes them: ``mask/...`` and ``glyphs/...`` beside ``images/...``."""
        relative = self.entry(index).path.relative_to(self.root)
        if relative.parts[0] != "images":
            return {}
        paths = {
            kind: self.root / kind.partition(".")[0] / Path(*relative.parts[1:]).with_suffix(f".{kind.partition('.')[2]}")
            for kind in EXTRAS
        }
        return {kind: path.read_bytes() for kind, path in paths.items() if path.is_file()}

    def _weight(self) -> int:
        """Bytes of some of the images: all of them would take minutes where there are a million."""
        some = range(0, len(self), max(1, len(self) // 1000))
        return sum(self.entry(index).path.stat().st_size for index in some)

    def _find_labels(self, wanted: str) -> str:
        if wanted == "table" and not (self.root / TABLE).is_file():
            raise UserError(f"data.labels=table: there is no {self.root / TABLE}")
        if wanted != "auto":
            return wanted
        if (self.root / TABLE).is_file():
            return "table"
        files = list(every_file(self.root, self.cfg.follow_links))
        if any(file.name.endswith(".gt.txt") for file in files):
            return "pairs"
        if hint := hint_of_texts(files):
            print(f"note: {self.root}: its images have no texts that are looked for, but {hint}", flush=True)
        return "none"

    def _scan(self, catalogue: Catalogue) -> None:
        """Notes every sample; files that are missing or lie outside are faults."""
        inside = Inside(self.root, self.cfg.follow_links)
        for position, where, raw in self.layout.scan():
            with catalogue.noting(where):
                entry = self.layout.parse(raw, where)
                name = entry.path.relative_to(self.root).as_posix() if entry.path.is_relative_to(self.root) else str(entry.path)
                inside.require(self.root, name)
                self.rule(entry.text, ())
                catalogue.add(position, name, entry.group, entry.split, entry.text)
