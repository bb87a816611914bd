"""LMDB as deep-text-recognition-benchmark reads it."""

from pathlib import Path

import lmdb

from base.errors import UserError
from base.registry import WRITERS
from base.writer import BaseWriter, Record
from data_generators.sources.lmdb import key_of

FIRST_SIZE = 64 * 2**20


@WRITERS.register("lmdb")
class LmdbWriter(BaseWriter):
    """A database a split, ``<split>/data.mdb``: image, label, and besides group, origin, name and extras, all by number."""

    def __init__(self, folder: Path, split: str, total: int) -> None:
        super().__init__(folder, split, total)
        path = folder / split
        path.mkdir(parents=True, exist_ok=True)
        present = path / "data.mdb"
        size = max(FIRST_SIZE, 2 * present.stat().st_size if present.is_file() else 0)
        self.environment = lmdb.open(str(path), map_size=size, sync=False, metasync=False)
        with self.environment.begin() as transaction:
            self.count = int(transaction.get(b"num-samples") or 0)

    def done(self) -> int:
        return self.count

    def write(self, records: list[Record]) -> None:
        """Puts samples and their new number into the database in one transaction; raises UserError where the disk is full."""
        values = {}
        for place, record in enumerate(records, start=self.count + 1):
            values[key_of("image", place)] = record.content
            values[key_of("label", place)] = record.text.encode()
            values[key_of("group", place)] = record.group.encode()
            values[key_of("split", place)] = self.split.encode()
            values[key_of("origin", place)] = record.origin.encode()
            values[key_of("name", place)] = record.name.encode("utf-8", "replace")
            for kind, content in record.extras.items():
                values[key_of(kind.partition(".")[0], place)] = content
        values[b"num-samples"] = str(self.count + len(records)).encode()
        self._put(values)
        self.count += len(records)

    def _put(self, values: dict[bytes, bytes]) -> None:
        """One transaction, in a map that grows as it must."""
        while True:
            try:
                with self.environment.begin(write=True) as transaction:
                    for key, value in values.items():
                        transaction.put(key, value)
                return
            except lmdb.MapFullError:
                self.environment.set_mapsize(2 * self.environment.info()["map_size"])
            except lmdb.Error as error:
                raise UserError(f"cannot write {self.folder / self.split}: {error}") from error

    def close(self) -> None:
        self.environment.sync(True)
        self.environment.close()
        (self.folder / self.split / "lock.mdb").unlink(missing_ok=True)
