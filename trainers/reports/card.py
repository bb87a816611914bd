"""The model card: what a bundle is, how it came to be, what was measured."""

import platform
import shlex
import sys
from pathlib import Path
from typing import Any

from base.bundle import Bundle
from base.report import Report
from utils.files.whole import write_text
from utils.runs.history import read_history
from utils.runs.tracking import git_state


def write_card(bundle: Bundle, cfg: Any, report: Report, run: Path, facts: dict[str, str]) -> None:
    """Writes ``card.md`` into a bundle.

    Args:
        bundle: what the card is about.
        cfg: of the run that trained it.
        report: its tables are copied.
        run: the run folder, whose ``history.csv`` tells epochs and minutes.
        facts: what else is known, such as ``data`` and ``device``.
    """
    write_text(bundle.folder / "card.md", card(cfg, report, run, facts))


def card(cfg: Any, report: Report, run: Path, facts: dict[str, str]) -> str:
    """The card's text, in Markdown."""
    epochs, minutes = training_time(run / "history.csv")
    commit = git_state()
    dirty = " with changes" if commit["git_dirty"] == "True" else ""
    lines = [
        f"# {cfg.task.name}: {cfg.model.name}",
        "",
        f"- Command: `python main.py {shlex.join(sys.argv[1:])}`",
        f"- Code: commit {commit['git_commit'][:12]}{dirty}",
        f"- Trained: {epochs} epochs of {cfg.trainer.steps_per_epoch} steps in {minutes:.0f} minutes",
        f"- Machine: {platform.machine()}, {facts['device']}",
        f"- Data: {facts['data']}",
        f"- Measured on: {report.split}",
    ]
    for table in report.tables:
        lines += ["", f"## {table.title}", "", table.markdown()]
    return "\n".join(lines) + "\n"


def training_time(history: Path) -> tuple[int, float]:
    """Epochs and minutes of training, from ``history.csv``; validation included."""
    rows = read_history(history)
    return len(rows), sum(row["seconds"] for row in rows) / 60
