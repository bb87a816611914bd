"""Parquet files as Hugging Face data sets are stored."""

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet

from base.registry import WRITERS
from base.writer import BaseWriter, Record
from utils.files.whole import written_whole

ROWS_A_FILE, ROWS_A_GROUP = 10_000, 100  # small groups: one is read for every sample at random
IMAGE = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
TEXTS = ("text", "group", "split", "origin", "name")


@WRITERS.register("parquet")
class ParquetWriter(BaseWriter):
    """``train-00000-of-00003.parquet`` and so on; a crash loses the file that was being filled."""

    def __init__(self, folder: Path, split: str, total: int) -> None:
        super().__init__(folder, split, total)
        self.files = max(1, -(-total // ROWS_A_FILE))
        written = sorted(folder.glob(f"{split}-*.parquet"))
        self.number = len(written)
        self.rows = sum(pyarrow.parquet.read_metadata(path).num_rows for path in written)
        self.waiting: list[Record] = []

    def done(self) -> int:
        return self.rows + len(self.waiting)

    def write(self, records: list[Record]) -> None:
        self.waiting += records
        while len(self.waiting) >= ROWS_A_FILE:
            self._save(self.waiting[:ROWS_A_FILE])
            self.waiting = self.waiting[ROWS_A_FILE:]

    def close(self) -> None:
        if self.waiting:
            self._save(self.waiting)
        self.waiting = []

    def _save(self, records: list[Record]) -> None:
        kinds = sorted({kind for record in records for kind in record.extras})
        columns = {
            "image": pyarrow.array([{"bytes": r.content, "path": f"{i:07d}{r.suffix}"} for i, r in enumerate(records)], IMAGE),
            "text": [record.text for record in records],
            "group": [record.group for record in records],
            "split": [self.split] * len(records),
            "origin": [str(record.origin) for record in records],
            "name": [record.name for record in records],
            **{kind.partition(".")[0]: [record.extras.get(kind) for record in records] for kind in kinds},
        }
        features = {"image": {"_type": "Image"}, **{name: {"dtype": "string", "_type": "Value"} for name in TEXTS}}
        features |= {kind.partition(".")[0]: {"dtype": "binary", "_type": "Value"} for kind in kinds}
        table = pyarrow.table(columns).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
        path = self.folder / f"{self.split}-{self.number:05d}-of-{self.files:05d}.parquet"
        with written_whole(path) as aside:
            pyarrow.parquet.write_table(
                table, aside, row_group_size=ROWS_A_GROUP, compression={"image.bytes": "none"} | dict.fromkeys(TEXTS, "zstd")
            )
        self.number += 1
        self.rows += len(records)
