"""Counts of more things than fit into memory: what overflows is sorted onto disk and merged at the end."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

MOST_IN_MEMORY = 1_000_000  # keys; about 200 MB of short texts


class SpillingCounter:
    """Counts texts without tabs and line breaks.

    Args:
        folder: where the overflow goes; it must exist.
        name: begins the files' names.
        most: keys in memory before they are written away.
    """

    def __init__(self, folder: Path, name: str, most: int = MOST_IN_MEMORY) -> None:
        self.folder, self.name, self.most = folder, name, most
        self.counts: Counter[str] = Counter()
        self.files: list[Path] = []

    def update(self, keys: Iterable[str]) -> None:
        """Counts each key once more."""
        self.counts.update(keys)
        if len(self.counts) > self.most:
            self._spill()

    def add(self, key: str, count: int) -> None:
        """Counts a key ``count`` times more."""
        self.counts[key] += count
        if len(self.counts) > self.most:
            self._spill()

    def flush(self) -> None:
        """Writes what is in memory away too."""
        if self.counts:
            self._spill()

    def merged(self) -> Iterator[tuple[str, int]]:
        """All keys in ascending order with their counts."""
        streams = [_read(path) for path in self.files]
        if self.counts:
            streams.append((key, self.counts[key]) for key in sorted(self.counts))
        for key, group in groupby(heapq.merge(*streams), key=itemgetter(0)):
            yield key, sum(count for _, count in group)

    def _spill(self) -> None:
        path = self.folder / f"{self.name}-{len(self.files)}.tsv"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{key}\t{self.counts[key]}\n" for key in sorted(self.counts))
        self.files.append(path)
        self.counts.clear()


def _read(path: Path) -> Iterator[tuple[str, int]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            key, _, count = line.rpartition("\t")
            yield key, int(count)
