"""The IAM handwriting database from its official files: lines or words, with the err flag and official splits."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.sources.reading.catalogue import Catalogue, existing_root
from preprocessing.text.transcription import Excluded, as_written
from utils.files.images import image_size, read_grey
from utils.files.tables import scan_lines
from utils.files.whole import read_text

KNOWN_BROKEN = {"a01-117-05-02", "r06-022-03-05"}  # image files that are cut short in the distributed archive
TEXT_FIELD = {"lines": 8, "words": 8}  # 0-based; words have a grammatical tag before, lines the number of components
CLOSING, OPENING = set(".,;:!?)]}'"), set("([{")


@dataclass(frozen=True)
class Entry:
    """One row of lines.txt or words.txt."""

    identity: str
    ok: bool
    text: str
    number: int

    @property
    def form(self) -> str:
        return "-".join(self.identity.split("-")[:2])


@SOURCES.register("iam")
class IamSource(BaseSource):
    """``data.root`` holds ``ascii/lines.txt`` (or ``lines.txt``), ``lines/a01/a01-000u/a01-000u-00.png`` and so on.

    Args:
        cfg: ``level`` is lines or words; ``segmentation_errors`` keep or drop (rows flagged err); ``punctuation`` is
            ascii (marks stand alone, as the files have it) or attached (as the XML and the page have it); ``group`` is
            writer (by forms.txt) or form. The official splits are lists of forms or lines in ``data.split.files``.
        split: ``train``, ``val`` or ``test``.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.table = _find(self.root, f"{cfg.level}.txt")
        self.images = self.root / cfg.level
        self.writers = _read_writers(_find(self.root, "forms.txt")) if cfg.group == "writer" else {}
        catalogue = Catalogue(str(self.table), cfg)
        self.left_out = catalogue.left_out
        for offset, number, line in scan_lines(self.table):
            self._note(catalogue, offset, number, line)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def _note(self, catalogue: Catalogue, offset: int, number: int, line: bytes) -> None:
        if line.startswith(b"#") or not line.strip():
            return
        where = f"{self.table}:{number}"
        with catalogue.noting(where):
            entry = parse_entry(line, self.cfg.level, number)
            path = self._path(entry)
            if entry.identity in KNOWN_BROKEN:
                raise Excluded(f"{entry.identity} is broken in the distributed archive")
            if not entry.ok and self.cfg.segmentation_errors == "drop":
                raise Excluded(f"{entry.identity} is flagged as badly segmented (err)")
            if not path.is_file():
                raise UserError(f"there is no image {path}")
            line_identity = "-".join(entry.identity.split("-")[:3])
            catalogue.add(offset, entry.identity, self._group(entry), None, entry.text, also=(line_identity, entry.form))

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        entry = self._entry(index)
        path = self._path(entry)
        return Sample(read_grey(path), self.text(index), self._group(entry), path, tags={"hand": "scan", "layout": "line"})

    def text(self, index: int) -> str:
        text = self._entry(index).text
        return as_written(attach_punctuation(text) if self.cfg.punctuation == "attached" else text)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return image_size(self._path(self._entry(index)))

    def where(self, index: int) -> str:
        return str(self._path(self._entry(index)))

    def encoded(self, index: int) -> tuple[bytes, str]:
        path = self._path(self._entry(index))
        return path.read_bytes(), path.suffix

    def fingerprint(self) -> str:
        return f"iam {self.cfg.level}:{len(self)}:{self.state}:{self.cfg.punctuation}"

    def _entry(self, index: int) -> Entry:
        with self.table.open("rb") as file:
            file.seek(int(self.positions[index]))
            return parse_entry(file.readline(), self.cfg.level, 0)

    def _path(self, entry: Entry) -> Path:
        return self.images / entry.form.split("-")[0] / entry.form / f"{entry.identity}.png"

    def _group(self, entry: Entry) -> str:
        if self.cfg.group == "form":
            return entry.form
        if entry.form not in self.writers:
            raise UserError(f"forms.txt names no writer for {entry.form}")
        return f"writer-{self.writers[entry.form]}"


def parse_entry(line: bytes, level: str, number: int) -> Entry:
    """A row: id, ok or err, grey level, and then, after the box, the text; raises UserError for a row that is none."""
    try:
        fields = line.decode("utf-8").split()
    except UnicodeDecodeError as error:
        raise UserError(f"it is not UTF-8 (byte {error.start} of the line); save the file as UTF-8") from error
    first = TEXT_FIELD[level]
    if len(fields) <= first or fields[1] not in ("ok", "err") or not re.fullmatch(r"[a-z]\d\d-\d{3}[a-z]?(-\d\d)+", fields[0]):
        raise UserError(f"it is not a row of {level}.txt: id, ok or err, grey level, box, text")
    return Entry(fields[0], fields[1] == "ok", " ".join(fields[first:]).replace("|", " "), number)


def attach_punctuation(text: str) -> str:
    """Marks as they stand on the page: closing ones with the word before, opening ones with the word after.

    A quotation mark opens and closes in turn.
    """
    words: list[str] = []
    glue = inside_quotes = False
    for token in text.split():
        quote = token == '"'
        closing = (quote and inside_quotes) or (not quote and token[0] in CLOSING and (len(token) == 1 or token[0] == "'"))
        closing = closing or set(token) <= CLOSING
        if words and (glue or closing):
            words[-1] += token
        else:
            words.append(token)
        glue = set(token) <= OPENING or (quote and not inside_quotes)
        inside_quotes ^= quote
    return " ".join(words)


def _find(root: Path, name: str) -> Path:
    """An ASCII file of the database, in the root or in its folder ``ascii``."""
    for path in (root / name, root / "ascii" / name):
        if path.is_file():
            return path
    raise UserError(
        f"{root}: there is no {name}, nor ascii/{name}; data.root must be the folder with IAM's ascii, lines and words"
    )


def _read_writers(path: Path) -> dict[str, str]:
    """Form to writer, from forms.txt."""
    rows = (line.split() for line in read_text(path).splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows if len(row) > 1}
