"""What corrected lines bring: a reader learns from some lines of a collection and is measured on others, by mode=learn.

.venv/bin/python -m tests.benchmarks.corrections DATA BUNDLE SET COUNT rank|chance STEPS [KEY=VALUE ...]

DATA holds collections with labels.tsv, SET is the name of one. Lines are chosen from its train split, and up to 250 of its
test split are measured. The result is a line of JSON.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from base.registry import ROOT

MEASURED, EPOCHS, MOST_RANKED = 250, 5, 200
Row = list[str]  # image, text, group, split


def main(data: str, bundle: str, name: str, count: str, by: str, steps: str, *overrides: str) -> None:
    """Chooses, lets learn, and prints the error rates before and after."""
    root = Path(data) / name
    rows = [row.split("\t") for row in (root / "labels.tsv").read_text("utf-8").splitlines()[1:]]
    pool, test = ([row for row in rows if row[3] == split] for split in ("train", "test"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        chosen = ranked(root, pool, bundle, int(count), work) if by == "rank" else random.Random(0).sample(pool, int(count))
        write(root, {"train": chosen, "val": spread(test)}, work / "lines")
        run(
            *("mode=learn", "experiment=few_labels", f"data.mixture.mine.root={work / 'lines'}", f"trainer.init={bundle}"),
            *(f"trainer.epochs={EPOCHS}", f"trainer.steps_per_epoch={int(steps) // EPOCHS}", f"output={work / 'learned'}"),
            *("tracking=none", "trainer.resume=never", *overrides),
        )
        result = json.loads((work / "learned" / "result.json").read_text("utf-8"))
    rates = {key: round(result[key], 4) for key in ("cer_before", "cer_after", "wer_before", "wer_after")}
    print(json.dumps({"set": name, "lines": int(count), "by": by, "steps": int(steps), "overrides": overrides, **rates}))


def ranked(root: Path, pool: list[Row], bundle: str, count: int, work: Path) -> list[Row]:
    """The lines that mode=annotate_next would have corrected first."""
    write(root, {"train": pool}, work / "pool")
    wanted = (f"count={min(MOST_RANKED, len(pool))}", f"output={work / 'next'}", f"weights={bundle}")
    run("mode=annotate_next", "task=lines", "data=folder", f"data.root={work / 'pool'}", *wanted)
    by_name = {row[0]: row for row in pool}
    return [by_name[name] for name in (work / "next" / "names.txt").read_text("utf-8").splitlines()[:count]]


def write(root: Path, splits: dict[str, list[Row]], folder: Path) -> None:
    """A folder of lines, each a group of its own: that test pages are others than train pages is the collection's own doing."""
    folder.mkdir()
    lines = ["image\ttext\tgroup\tsplit"]
    for split, rows in splits.items():
        for number, (image, text, *_) in enumerate(rows):
            (folder / image).parent.mkdir(parents=True, exist_ok=True)
            (folder / image).write_bytes((root / image).read_bytes())
            lines.append(f"{image}\t{text}\t{split}_{number}\t{split}")
    (folder / "labels.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def spread(rows: list[Row]) -> list[Row]:
    """At most `MEASURED` rows, evenly from all."""
    return [rows[int(place)] for place in np.linspace(0, len(rows) - 1, min(MEASURED, len(rows)))]


def run(*arguments: str) -> None:
    """Runs the program, and shows what it said where it failed."""
    done = subprocess.run([sys.executable, str(ROOT / "main.py"), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])


if __name__ == "__main__":
    main(*sys.argv[1:])
