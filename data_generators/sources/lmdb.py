"""LMDB as deep-text-recognition-benchmark writes it: num-samples, image-000000001, label-000000001 and so on."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Origin, Sample
from base.writer import EXTRAS
from data_generators.sources.reading.catalogue import Catalogue, existing_root
from preprocessing.text.transcription import RULES
from utils.files.below import files_below
from utils.files.images import decode_grey, size_of

DATABASE = "data.mdb"
SPACING = 10**9  # positions count through all databases below the root


@SOURCES.register("lmdb")
class LmdbSource(BaseSource):
    """One database, ``data.root`` itself, or one a split in folders called train, val and test.

    What Palimpsest writes besides is used where it is there: ``group-``, ``split-``, ``name-`` and ``origin-`` with the same
    numbers.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.folders = [
            path.parent for path in files_below(self.root, {".mdb"}, follow_links=cfg.follow_links) if path.name == DATABASE
        ]
        if not self.folders:
            raise UserError(f"{self.root}: there is no LMDB database (data.mdb) in it")
        self.rule = RULES[cfg.transcription]
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        for number, folder in enumerate(self.folders):
            self._scan(catalogue, number, folder)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def _scan(self, catalogue: Catalogue, number: int, folder: Path) -> None:
        """Notes the samples that the database counts; a number without image or label is a fault."""
        with self._environment(number).begin() as transaction:
            count = _count(transaction, folder)
            named = folder.relative_to(self.root).parts
            cursor = transaction.cursor()
            for place in range(1, count + 1):
                where = f"{folder} sample {place}"
                with catalogue.noting(where):
                    missing = [kind for kind in ("image", "label") if not cursor.set_key(key_of(kind, place))]
                    if missing:
                        raise UserError(f"there is no {key_of(missing[0], place).decode()}")
                    text = _decoded(cursor.value())
                    self.rule(text, ())
                    stated = _text(transaction, "split", place) or (named[0] if named else None)
                    name = _text(transaction, "name", place)
                    group = _text(transaction, "group", place) or ""
                    Origin.stated(_text(transaction, "origin", place))
                    own = f"{folder.relative_to(self.root).as_posix()} sample {place}"  # wherever the root lies
                    catalogue.add(
                        number * SPACING + place,
                        own,
                        group,
                        stated,
                        text,
                        also=(name,) if name else (),
                    )
            if cursor.set_key(key_of("image", count + 1)):
                catalogue.leave_out(str(folder), f"its num-samples is {count}, but it holds more", fault=True)

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        number, place = divmod(int(self.positions[index]), SPACING)
        with self._environment(number).begin(buffers=False) as transaction:
            image, text = transaction.get(key_of("image", place)), transaction.get(key_of("label", place)).decode("utf-8")
            group, origin = _text(transaction, "group", place) or "", Origin.stated(_text(transaction, "origin", place))
        tags = {"hand": "scan", "layout": "line"}
        return Sample(decode_grey(image, self.where(index)), self.rule(text, ()), group, origin=origin, tags=tags)

    def text(self, index: int) -> str:
        number, place = divmod(int(self.positions[index]), SPACING)
        with self._environment(number).begin(buffers=False) as transaction:
            return self.rule(transaction.get(key_of("label", place)).decode("utf-8"), ())

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return size_of(self.encoded(index)[0], self.where(index))

    def where(self, index: int) -> str:
        number, place = divmod(int(self.positions[index]), SPACING)
        with self._environment(number).begin() as transaction:
            name = _text(transaction, "name", place)
        return f"{self.folders[number]} sample {place}{f' ({name})' if name else ''}"

    def encoded(self, index: int) -> tuple[bytes, str]:
        number, place = divmod(int(self.positions[index]), SPACING)
        with self._environment(number).begin() as transaction:
            content = transaction.get(key_of("image", place))
        return content, suffix_of(content)

    def extras(self, index: int) -> dict[str, bytes]:
        number, place = divmod(int(self.positions[index]), SPACING)
        with self._environment(number).begin() as transaction:
            found = {kind: transaction.get(key_of(kind.partition(".")[0], place)) for kind in EXTRAS}
        return {kind: content for kind, content in found.items() if content}

    def fingerprint(self) -> str:
        return (
            f"lmdb:{self.root.name}:{len(self)}:{sum((f / 'data.mdb').stat().st_size for f in self.folders)} bytes:{self.state}"
        )

    def _environment(self, number: int) -> Any:
        return open_environment(self.folders[number], (self.folders[number] / "data.mdb").stat().st_ino)


@lru_cache(maxsize=64)
def open_environment(folder: Path, inode: int) -> Any:
    """A database for reading; a process may open each only once, so all sources share it. ``inode`` tells a new one."""
    try:
        environment = lmdb.open(str(folder), readonly=True, lock=False, readahead=False, max_readers=1024)
    except lmdb.Error as error:
        raise UserError(f"{folder}: it cannot be opened as LMDB ({error})") from error
    needed = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    if (folder / "data.mdb").stat().st_size < needed:  # reading beyond the end would kill the process
        environment.close()
        raise UserError(f"{folder}: data.mdb is cut short: {needed} bytes are needed; copy it again")
    return environment


def key_of(kind: str, place: int) -> bytes:
    """The key of a sample's part; places count from 1."""
    return f"{kind}-{place:09d}".encode()


def suffix_of(content: bytes) -> str:
    """The file name suffix that goes with an image file's first bytes."""
    signatures = {b"\x89PNG": ".png", b"\xff\xd8": ".jpg", b"II*\0": ".tif", b"MM\0*": ".tif", b"BM": ".bmp", b"GIF8": ".gif"}
    if content[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for signature, suffix in signatures.items() if content.startswith(signature)), ".png")


def _count(transaction: Any, folder: Path) -> int:
    stated = transaction.get(b"num-samples")
    if stated is None:
        raise UserError(f"{folder}: the database has no num-samples; write its number of samples under that key")
    try:
        return int(stated)
    except ValueError as error:
        raise UserError(f"{folder}: num-samples is {stated[:20]!r}, which is no number") from error


def _decoded(label: bytes) -> str:
    try:
        return label.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError("its label is not UTF-8") from error


def _text(transaction: Any, kind: str, place: int) -> str | None:
    value = transaction.get(key_of(kind, place))
    return None if value is None else value.decode("utf-8", "replace")
