"""What each epoch of a run brought: ``history.csv`` in its folder."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from utils.files.whole import written_whole

Row = dict[str, float]


def write_history(path: Path, rows: Sequence[Row]) -> None:
    """Writes a row an epoch; a number that some epochs lack is empty there."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_history(path: Path) -> list[Row]:
    """The rows of a history; none where there is no such file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def best_epoch(rows: Sequence[Row], metric: str, maximise: bool) -> Row:
    """The row of the epoch whose weights are kept: the best by a metric, of equal ones the later; empty where none has it."""
    best: Row = {}
    for row in rows:
        value = row.get(metric, math.nan)
        if not math.isnan(value) and (not best or (value >= best[metric] if maximise else value <= best[metric])):
            best = row
    return best
