"""Lines packed into two files, as mode=convert format=packed writes them: image files end to end, and a table that finds them."""

import mmap
from functools import lru_cache
from pathlib import Path

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Origin, Sample
from data_generators.sources.lmdb import suffix_of
from data_generators.sources.reading.catalogue import Catalogue, existing_root
from preprocessing.text.transcription import RULES
from utils.files.images import decode_grey
from utils.files.tables import parse_row, read_header, scan_lines

IMAGES, TABLE = "images.bin", "lines.tsv"
COLUMNS = ("offset", "bytes", "height", "width", "text", "group", "split", "name")  # and "origin", if that is stated


@SOURCES.register("packed")
class PackedSource(BaseSource):
    """``images.bin`` holds image files, ``lines.tsv`` says from which byte on each stands, its size in pixels, and its text.

    Both are mapped into memory, which all processes share; a sample costs the decoding of its own image, and its size
    none at all.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.images, self.table = self.root / IMAGES, self.root / TABLE
        for path in (self.images, self.table):
            if not path.is_file():
                raise UserError(f"{self.root}: there is no {path.name}; mode=convert format=packed writes such folders")
        self.rule = RULES[cfg.transcription]
        with self.table.open("rb") as file:
            self.header = read_header(file, self.table, COLUMNS)
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        self._scan(catalogue)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def _scan(self, catalogue: Catalogue) -> None:
        size = self.images.stat().st_size
        for offset, number, line in scan_lines(self.table):
            if number == 1 or not line.strip():
                continue
            where = f"{self.table}:{number}"
            with catalogue.noting(where):
                row = parse_row(line, self.header, self.table, number)
                begin, length = _numbers(row, "offset", "bytes")
                if begin + length > size:
                    raise UserError(f"its image ends beyond {IMAGES}, which is cut short; copy it again")
                _numbers(row, "height", "width")
                self.rule(row["text"], ())
                Origin.stated(row.get("origin"))
                catalogue.add(offset, row["name"] or f"{TABLE}:{number}", row["group"], row["split"] or None, row["text"])

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        row = self._row(index)
        image = decode_grey(self._content(row), self.where(index))
        text, path = self.rule(row["text"], ()), self.root / (row["name"] or row["offset"])
        tags = {"hand": "scan", "layout": "line"}
        return Sample(image, text, row["group"], path, Origin.stated(row.get("origin")), tags=tags)

    def text(self, index: int) -> str:
        return self.rule(self._row(index)["text"], ())

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        height, width = _numbers(self._row(index), "height", "width")
        return height, width

    def where(self, index: int) -> str:
        row = self._row(index)
        return f"{self.table}: {row['name']}" if row["name"] else f"{self.images} byte {row['offset']}"

    def encoded(self, index: int) -> tuple[bytes, str]:
        content = self._content(self._row(index))
        return content, suffix_of(content)

    def fingerprint(self) -> str:
        return f"packed:{self.root.name}:{len(self)}:{self.images.stat().st_size} bytes:{self.state}"

    def _row(self, index: int) -> dict[str, str]:
        begin = int(self.positions[index])
        table = mapped(self.table, self.table.stat().st_ino)
        end = table.find(b"\n", begin)
        return parse_row(table[begin : end if end >= 0 else len(table)], self.header, self.table, 0)

    def _content(self, row: dict[str, str]) -> bytes:
        begin, length = _numbers(row, "offset", "bytes")
        return mapped(self.images, self.images.stat().st_ino)[begin : begin + length]


@lru_cache(maxsize=64)
def mapped(path: Path, inode: int) -> mmap.mmap:
    """A file's bytes, without reading them; ``inode`` tells a new file of the same name."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _numbers(row: dict[str, str], *names: str) -> tuple[int, ...]:
    """Columns that must hold whole numbers."""
    try:
        return tuple(int(row[name]) for name in names)
    except ValueError as error:
        raise UserError(f"its {', '.join(names)} are no whole numbers ({error})") from error
