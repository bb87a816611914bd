"""Two files that a training reads fast: see `data_generators.sources.packed`."""

import os
from pathlib import Path

from base.errors import UserError
from base.registry import WRITERS
from base.writer import BaseWriter, Record
from data_generators.sources.packed import COLUMNS, IMAGES, TABLE
from utils.files.images import size_of
from utils.files.tables import refuse_breaks


@WRITERS.register("packed")
class PackedWriter(BaseWriter):
    """Appends image files to ``images.bin`` and then their rows to ``lines.tsv``; what a crash left without a row is cut off."""

    def __init__(self, folder: Path, split: str, total: int) -> None:
        super().__init__(folder, split, total)
        self.images, self.table = folder / IMAGES, folder / TABLE
        if not self.table.is_file():
            self.table.write_text("\t".join([*COLUMNS, "origin"]) + "\n", encoding="utf-8")
        rows = self.table.read_bytes()
        whole = rows[: rows.rfind(b"\n") + 1]
        if len(whole) < len(rows):
            self.table.write_bytes(whole)
        written = [line.split(b"\t") for line in whole.splitlines()[1:]]
        self.count = sum(row[COLUMNS.index("split")] == split.encode() for row in written)
        self.end = int(written[-1][0]) + int(written[-1][1]) if written else 0
        self.images.touch()
        os.truncate(self.images, self.end)

    def done(self) -> int:
        return self.count

    def write(self, records: list[Record]) -> None:
        """Appends image files, then their rows at once; raises UserError for masks, or a text that no row can hold."""
        rows: list[str] = []
        contents: list[bytes] = []
        for record in records:
            if record.extras:
                raise UserError(f"{record.name}: format=packed holds images and texts alone; choose folder, lmdb or parquet")
            refuse_breaks(record.name, record.text + record.group, self.table.name)
            height, width = size_of(record.content, record.name)
            name = record.name.replace("\t", " ").replace("\n", " ")
            place = self.end + sum(len(content) for content in contents)
            values = (place, len(record.content), height, width, record.text, record.group, self.split, name, record.origin)
            rows.append("\t".join(map(str, values)))
            contents.append(record.content)
        try:
            with self.images.open("ab") as file:
                file.write(b"".join(contents))
            with self.table.open("a", encoding="utf-8", newline="") as table:
                table.write("".join(f"{row}\n" for row in rows))
        except OSError as error:
            raise UserError(f"cannot write {self.folder}: {error.strerror or error}") from error
        self.end += sum(len(content) for content in contents)
        self.count += len(rows)

    def close(self) -> None:
        """Nothing is left to do: rows are written with their images."""
