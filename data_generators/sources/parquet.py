"""Parquet as Hugging Face data sets are stored: a column of image files' bytes, a column of texts."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Origin, Sample
from base.writer import EXTRAS
from data_generators.sources.lmdb import suffix_of
from data_generators.sources.reading.catalogue import CANONICAL, Catalogue, Inside, existing_root
from preprocessing.text.transcription import RULES
from utils.files.below import files_below
from utils.files.images import decode_grey, size_of

SPACING = 10**9  # positions count through all files
BYTES_KEPT = 32 * 2**20  # of row groups; at least one is kept whatever its size
ORIGIN = "origin"  # the column that mode=convert writes it to
STORED_EXTRAS = {kind.partition(".")[0]: kind for kind in EXTRAS}


@SOURCES.register("parquet")
class ParquetSource(BaseSource):
    """The ``*.parquet`` files below ``data.root``.

    ``image_column`` holds bytes, or a struct of bytes and path; ``text_column`` texts. ``group_column`` and
    ``split_column`` are used where they are there; otherwise a file called ``train-00000-of-00001.parquet`` belongs to
    train, and so on. Rows are read a row group at a time: files with small groups (100 rows) are the fastest at random.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.paths = files_below(self.root, {".parquet"}, follow_links=cfg.follow_links)
        if not self.paths:
            raise UserError(f"{self.root}: there are no parquet files in it")
        self.rule = RULES[cfg.transcription]
        self.inside = Inside(self.root, cfg.follow_links)
        self._lock = threading.Lock()
        self._open: dict[int, tuple[Any, np.ndarray]] = {}
        self._kept: OrderedDict[tuple[int, int], Any] = OrderedDict()
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        for number in range(len(self.paths)):
            self._scan(catalogue, number)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def _scan(self, catalogue: Catalogue, number: int) -> None:
        """Notes the rows of a file without reading its images."""
        file, _ = self._file(number)
        path, cfg = self.paths[number], self.cfg
        present = file.schema_arrow.names
        for key in ("image_column", "text_column"):
            if cfg[key] not in present:
                raise UserError(f"{path}: there is no column {cfg[key]!r} among {', '.join(present)}; name it with data.{key}")
        stated = CANONICAL.get(path.name.replace(".", "-").split("-")[0].lower())
        columns = [cfg.text_column, *(c for c in (cfg.group_column, cfg.split_column, cfg.name_column, ORIGIN) if c in present)]
        place = 0
        for batch in file.iter_batches(batch_size=4096, columns=columns):
            rows = batch.to_pydict()
            for row in range(batch.num_rows):
                where, text = f"{path} row {place}", rows[cfg.text_column][row]
                name = _text(rows[cfg.name_column][row]) if cfg.name_column in rows else ""
                group = _text(rows[cfg.group_column][row]) if cfg.group_column in rows else ""
                split = _text(rows[cfg.split_column][row]) if cfg.split_column in rows else stated
                with catalogue.noting(where):
                    if not isinstance(text, str):
                        raise UserError(f"its {cfg.text_column} is not a text")
                    self.rule(text, ())
                    Origin.stated(rows[ORIGIN][row] if ORIGIN in rows else None)
                    own = f"{path.relative_to(self.root).as_posix()} row {place}"  # wherever the root lies
                    catalogue.add(
                        number * SPACING + place,
                        own,
                        group,
                        split or None,
                        text,
                        also=(name,) if name else (),
                    )
                place += 1

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        row = self._row(index)
        content = self._content(row, index)
        text, group = row[self.cfg.text_column], _text(row.get(self.cfg.group_column))
        image, tags = decode_grey(content, self.where(index)), {"hand": "scan", "layout": "line"}
        return Sample(image, self.rule(text, ()), group, origin=Origin.stated(row.get(ORIGIN)), tags=tags)

    def text(self, index: int) -> str:
        return self.rule(self._row(index)[self.cfg.text_column], ())

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return size_of(self.encoded(index)[0], self.where(index))

    def where(self, index: int) -> str:
        number, place = divmod(int(self.positions[index]), SPACING)
        return f"{self.paths[number]} row {place}"

    def encoded(self, index: int) -> tuple[bytes, str]:
        content = self._content(self._row(index), index)
        return content, suffix_of(content)

    def extras(self, index: int) -> dict[str, bytes]:
        row = self._row(index)
        return {kind: row[name] for name, kind in STORED_EXTRAS.items() if isinstance(row.get(name), bytes)}

    def fingerprint(self) -> str:
        return f"parquet:{self.root.name}:{len(self)}:{sum(path.stat().st_size for path in self.paths)} bytes:{self.state}"

    def __getstate__(self) -> dict[str, Any]:
        """Open files and locks do not travel to other processes."""
        return {**self.__dict__, "_open": {}, "_kept": OrderedDict(), "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = {**state, "_lock": threading.Lock()}

    def _content(self, row: dict[str, Any], index: int) -> bytes:
        image = row[self.cfg.image_column]
        content = image.get("bytes") if isinstance(image, dict) else image
        if isinstance(content, bytes):
            return content
        name = image.get("path") if isinstance(image, dict) else None
        if not isinstance(name, str):
            raise UserError(f"{self.where(index)}: its {self.cfg.image_column} holds neither bytes nor a path of an image file")
        return self._named_file(name, index).read_bytes()

    def _named_file(self, name: str, index: int) -> Path:
        """A file that a row names instead of holding it: beside the parquet file, or below the root."""
        number, _ = divmod(int(self.positions[index]), SPACING)
        for folder in (self.paths[number].parent, self.root):
            if (path := self.inside.file(folder, name)) is not None:
                return path
        raise UserError(f"{self.where(index)}: there is no image {name} below {self.root}")

    def _row(self, index: int) -> dict[str, Any]:
        number, place = divmod(int(self.positions[index]), SPACING)
        with self._lock:
            _, starts = self._file(number)
            group = int(np.searchsorted(starts, place, side="right")) - 1
            table = self._group(number, group)
        return table.slice(place - int(starts[group]), 1).to_pylist()[0]

    def _group(self, number: int, group: int) -> Any:
        """A row group, the last few of which stay in memory."""
        key = (number, group)
        if key not in self._kept:
            file = self._file(number)[0]
            wanted = {self.cfg.image_column, self.cfg.text_column, self.cfg.group_column, ORIGIN, *STORED_EXTRAS}
            self._kept[key] = file.read_row_group(group, columns=[name for name in file.schema_arrow.names if name in wanted])
            while len(self._kept) > 1 and sum(table.nbytes for table in self._kept.values()) > BYTES_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _file(self, number: int) -> tuple[Any, np.ndarray]:
        """An open file, and the first row of each of its row groups."""
        if number not in self._open:
            try:
                file = pyarrow.parquet.ParquetFile(self.paths[number])
            except (pyarrow.ArrowInvalid, OSError) as error:
                raise UserError(f"{self.paths[number]}: it is not a parquet file ({str(error).splitlines()[0]})") from error
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            self._open[number] = file, np.cumsum([0, *sizes[:-1]])
        return self._open[number]


def _text(value: Any) -> str:
    """A column's value as text, numbers included; nothing for a null."""
    return "" if value is None else str(value)
