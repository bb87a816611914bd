"""mode=compare: two evaluations of the same lines side by side."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from base.errors import UserError
from base.report import Table
from trainers.reports.lines import COLUMNS
from utils.drawing.charts import scatter_chart
from utils.drawing.pictures import save_picture
from utils.files.tables import read_table
from utils.files.whole import write_text
from utils.metrics.alignment import right_parts
from utils.runs.folder import RunFolder
from utils.runs.tracking import track

RESULT = "comparison.tsv"
SHOWN = 10
FEWEST_GROUPS = 5  # fewer say nothing about other groups


@dataclass(frozen=True)
class Compared:
    """A line as two runs read it."""

    source: str
    group: str
    truth: str
    texts: tuple[str, str]
    edits: tuple[int, int]

    @property
    def change(self) -> int:
        """Edits of the second run more than the first."""
        return self.edits[1] - self.edits[0]


def compare(cfg: DictConfig) -> None:
    """Writes ``comparison.tsv``, the lines that changed most first, and prints both CER with the interval of their difference.

    Raises:
        UserError: the runs did not read the same lines, or the output holds a comparison already.
    """
    output = Path(cfg.output)
    if (output / RESULT).exists() and not cfg.overwrite:
        raise UserError(f"output={output} holds {RESULT} already: set overwrite=true, or name another folder")
    lines = read_both(*(Path(run) / "lines.tsv" for run in cfg.runs))
    low, high = interval(lines, cfg.resamples, cfg.seed)
    first, second = (error_rate(lines, number) for number in (0, 1))
    drawn = f"95% interval, by {len(set(units(lines)))} groups or lines"
    table = Table("CER", ["", "first", "second", "difference", drawn])
    rates = [f"{first:.2%}", f"{second:.2%}", f"{second - first:+.2%}", f"{low:+.2%} to {high:+.2%}"]
    table.rows.append([f"{len(lines)} lines", *rates])
    better, worse = sum(line.change < 0 for line in lines), sum(line.change > 0 for line in lines)
    ordered = sorted(lines, key=lambda line: -abs(line.change))
    write_text(output / RESULT, as_table(ordered))
    edits = np.array([line.edits for line in lines])
    save_picture(output / "comparison.png", scatter_chart(edits, "edits of the first run", "edits of the second run"))
    run = RunFolder.at(output, cfg)
    with track(cfg, run, {"first": str(cfg.runs[0]), "second": str(cfg.runs[1])}) as tracker:
        tracker.log_metrics({"cer_first": first, "cer_second": second, "cer_difference": second - first})
        tracker.log_figure(output / "comparison.png", "comparison.png")
    run.finish()
    print(f"first:  {cfg.runs[0]}\nsecond: {cfg.runs[1]}\n\n{table.text()}")
    print(f"{better} lines are better in the second, {worse} worse, {len(lines) - better - worse} alike\n")
    print(f"{by_source(lines).text()}\n")
    for line in ordered[:SHOWN]:
        if line.change:
            print(f"{line.change:+d} {line.source} {line.group}\n  truth:  {line.truth}")
            print(f"  first:  {line.texts[0]}\n  second: {line.texts[1]}")
    print(f"\n{output / RESULT}")


def by_source(lines: list[Compared]) -> Table:
    """Error rates of each source, and how many words of its truth only one of the runs has right."""
    table = Table(
        "words", ["source", "lines", "CER first", "CER second", "words", "right in the first alone", "in the second alone"]
    )
    for source in sorted({line.source for line in lines}):
        own = [line for line in lines if line.source == source]
        right = np.concatenate([words_right(line) for line in own], axis=1)
        alone = [str(int((right[number] & ~right[1 - number]).sum())) for number in (0, 1)]
        rates = [f"{error_rate(own, number):.2%}" for number in (0, 1)]
        table.rows.append([source, str(len(own)), *rates, str(right.shape[1]), *alone])
    return table


def words_right(line: Compared) -> np.ndarray:
    """For each word of the truth whether each run has it; bool (2, words)."""
    truth = line.truth.split()
    return np.array([right_parts(truth, text.split()) for text in line.texts]).reshape(2, -1)


def read_both(first: Path, second: Path) -> list[Compared]:
    """The lines of two tables; raises UserError where they are not of the same lines."""
    tables = [[row for _, row in read_table(path, COLUMNS)] for path in (first, second)]
    keys = [[(row["index"], row["source"], row["truth"]) for row in rows] for rows in tables]
    if keys[0] != keys[1]:
        raise UserError(f"runs: {first.parent} and {second.parent} did not read the same lines: evaluate both on one split")
    return [
        Compared(one["source"], one["group"], one["truth"], (one["text"], two["text"]), (int(one["edits"]), int(two["edits"])))
        for one, two in zip(*tables, strict=True)
    ]


def error_rate(lines: list[Compared], number: int) -> float:
    """The CER of one of the runs."""
    return sum(line.edits[number] for line in lines) / max(1, sum(len(line.truth) for line in lines))


def interval(lines: list[Compared], resamples: int, seed: int) -> tuple[float, float]:
    """The 95% bootstrap interval of the difference of CER; groups are drawn, because lines of one writer are alike."""
    names = units(lines)
    groups = sorted(set(names))
    place = {group: number for number, group in enumerate(groups)}
    changes, lengths = np.zeros(len(groups)), np.zeros(len(groups))
    for name, line in zip(names, lines, strict=True):
        changes[place[name]] += line.change
        lengths[place[name]] += len(line.truth)
    rng, differences = np.random.default_rng(seed), []
    for _ in range(resamples):  # one at a time: of a million lines, all together would not fit into memory
        drawn = rng.integers(len(groups), size=len(groups))
        differences.append(changes[drawn].sum() / max(1, lengths[drawn].sum()))
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)


def units(lines: list[Compared]) -> list[str]:
    """What the bootstrap draws: groups, where there are enough of them, else lines; a line without group is its own."""
    groups = [line.group or f"line {number}" for number, line in enumerate(lines)]
    return groups if len(set(groups)) >= FEWEST_GROUPS else [f"line {number}" for number in range(len(lines))]


def as_table(lines: list[Compared]) -> str:
    """``comparison.tsv``."""
    head = ["change", "source", "group", "truth", "first", "second"]
    rows = [[str(line.change), line.source, line.group, line.truth, *line.texts] for line in lines]
    return "".join("\t".join(row) + "\n" for row in [head, *rows])
