"""Image files and labels.tsv."""

from pathlib import Path

from base.errors import UserError
from base.registry import WRITERS
from base.writer import BaseWriter, Record
from data_generators.sources.folder import COLUMNS, TABLE
from utils.files.tables import refuse_breaks
from utils.files.whole import written_whole


@WRITERS.register("folder")
class FolderWriter(BaseWriter):
    """``images/<split>/000000.png``, extras as ``mask/<split>/000000.png``, and ``labels.tsv`` of all splits."""

    def __init__(self, folder: Path, split: str, total: int) -> None:
        super().__init__(folder, split, total)
        self.table = folder / TABLE
        if not self.table.is_file():
            self.table.write_text("\t".join([*COLUMNS, "origin", "name"]) + "\n", encoding="utf-8")
        rows = self.table.read_bytes()
        whole = rows[: rows.rfind(b"\n") + 1]  # a crash may have cut the last row
        if len(whole) < len(rows):
            self.table.write_bytes(whole)
        self.count = sum(line.split(b"\t")[3] == split.encode() for line in whole.splitlines()[1:])

    def done(self) -> int:
        return self.count

    def write(self, records: list[Record]) -> None:
        """Writes image files first, then their rows of labels.tsv at once; raises UserError for a text that no row can hold."""
        rows: list[str] = []
        for record in records:
            refuse_breaks(record.name, record.text + record.group, TABLE)
            stem = f"{self.split}/{self.count + len(rows):07d}"
            self._save(f"images/{stem}{record.suffix}", record.content)
            for kind, content in record.extras.items():
                folder, _, suffix = kind.partition(".")
                self._save(f"{folder}/{stem}.{suffix}", content)
            name = record.name.replace("\t", " ").replace("\n", " ")
            rows.append("\t".join([f"images/{stem}{record.suffix}", record.text, record.group, self.split, record.origin, name]))
        try:
            with self.table.open("a", encoding="utf-8", newline="") as file:
                file.write("".join(f"{row}\n" for row in rows))
        except OSError as error:
            raise UserError(f"cannot write {self.table}: {error.strerror or error}") from error
        self.count += len(rows)

    def close(self) -> None:
        """Nothing is left to do: rows are written with their images."""

    def _save(self, name: str, content: bytes) -> None:
        with written_whole(self.folder / name) as aside:
            aside.write_bytes(content)
