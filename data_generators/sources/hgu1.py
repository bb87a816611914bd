"""HGU1 files of handwritten Hangul syllables, as PE92 and SERI95 are published by HangulDB.

A file begins with 8 bytes, of which the first four are ``HGU1``. Each sample follows: a KS X 1001 code (2 bytes),
width, height, type (0: grey bytes) and a reserved byte, then width times height grey values.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.sources.reading.catalogue import Catalogue, existing_root, split_in
from utils.files.below import files_below

FILE_HEADER_BYTES, HEADER_BYTES = 8, 6
SPACING, PLACES = 2**32, 2**16  # positions hold the file, the place in it and the byte that the sample begins at


@SOURCES.register("hgu1")
class Hgu1Source(BaseSource):
    """Single syllables of all ``*.hgu1`` files below ``data.root``.

    The files name no writers. A file holds one syllable by many hands, so the place in the file stands for the writer
    when splits are drawn; folders called train and test give splits of their own. Ink is made dark on white.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.paths = files_below(self.root, {".hgu1"}, follow_links=cfg.follow_links)
        if not self.paths:
            raise UserError(f"{self.root}: there are no .hgu1 files in it")
        self._maps: dict[int, Any] = {}
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        for number, path in enumerate(self.paths):
            self._scan(catalogue, number, path)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def _scan(self, catalogue: Catalogue, number: int, path: Path) -> None:
        relative = PurePosixPath(path.relative_to(self.root).as_posix())
        stated = split_in(relative)
        content = self._content(number)
        if content[:4] != b"HGU1":
            catalogue.leave_out(str(path), "it does not begin with HGU1", fault=True)
            return
        for place, (offset, fault) in enumerate(_scan_records(content)):
            if fault:
                catalogue.leave_out(f"{path} sample {place} (byte {offset})", fault, fault=True)
            else:
                catalogue.add(
                    (number * PLACES + place) * SPACING + offset, f"{relative}#{place}", self._group(number, place), stated, ""
                )

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        """A syllable as it is stored, grey uint8 (H, W), its ink made dark on white."""
        number, place, offset = self._find(index)
        content = self._content(number)
        width, height = content[offset + 2], content[offset + 3]
        start = offset + HEADER_BYTES
        image = np.frombuffer(content[start : start + width * height], np.uint8).reshape(height, width)
        text = content[offset : offset + 2].decode("euc-kr")
        border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        dark_on_light = image if np.median(border) >= 128 else 255 - image
        return Sample(
            dark_on_light,
            text,
            self._group(number, place),
            self.paths[number],
            tags={"hand": "handwriting", "layout": "syllable"},
        )

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        number, _, offset = self._find(index)
        content = self._content(number)
        return content[offset + 3], content[offset + 2]

    def where(self, index: int) -> str:
        number, place, offset = self._find(index)
        return f"{self.paths[number]} sample {place} (byte {offset})"

    def fingerprint(self) -> str:
        return f"hgu1:{self.root.name}:{len(self)}:{sum(path.stat().st_size for path in self.paths)} bytes:{self.state}"

    def __getstate__(self) -> dict[str, Any]:
        """Open files do not travel to other processes."""
        return {**self.__dict__, "_maps": {}}

    def _find(self, index: int) -> tuple[int, int, int]:
        """File, place in it, and byte of a sample."""
        number_and_place, offset = divmod(int(self.positions[index]), SPACING)
        return *divmod(number_and_place, PLACES), offset

    def _group(self, number: int, place: int) -> str:
        """Samples at one place of their files count as one hand; folders with splits of their own have hands of their own."""
        stated = split_in(PurePosixPath(self.paths[number].relative_to(self.root).as_posix()))
        return f"{stated or 'all'} place {place}"

    def _content(self, number: int) -> Any:
        if number not in self._maps:
            path = self.paths[number]
            if path.stat().st_size < FILE_HEADER_BYTES:
                return path.read_bytes()
            with path.open("rb") as file:
                self._maps[number] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._maps[number]


def _scan_records(content: Any) -> Iterator[tuple[int, str]]:
    """The byte that each sample begins at, and what is wrong with it, if anything; nothing can follow a cut one."""
    offset = FILE_HEADER_BYTES
    while offset < len(content):
        header = content[offset : offset + HEADER_BYTES]
        end = offset + HEADER_BYTES + (header[2] * header[3] if len(header) == HEADER_BYTES else 0)
        if len(header) < HEADER_BYTES or end > len(content):
            yield offset, "the file ends in the middle of it"
            return
        if header[4] != 0:
            yield offset, f"its pixels are of type {header[4]}; only type 0, grey bytes, is known"
            return
        try:
            header[:2].decode("euc-kr")
            fault = "" if header[2] * header[3] else "it has no pixels"
        except UnicodeDecodeError:
            fault = f"its code {header[:2].hex()} is no KS X 1001 syllable"
        yield offset, fault
        offset = end
