"""Makes an evaluation seen: on the terminal, in the run folder, in tracking, in the bundle."""

from collections.abc import Mapping
from pathlib import Path

from base.bundle import Bundle
from base.report import Report
from utils.drawing.pictures import save_picture
from utils.files.whole import write_json, write_text
from utils.runs.sweeps import note_metrics
from utils.runs.tracking import Tracker


def publish(
    report: Report,
    split: str,
    folder: Path,
    tracker: Tracker,
    *,
    bundle: Bundle | None = None,
    validated: Mapping[str, float] | None = None,
) -> None:
    """Writes ``metrics.json``, figures and tables to a run folder, logs them, and prints the tables.

    Args:
        report: what was measured.
        split: what on: names of metrics begin with it.
        folder: the run folder.
        tracker: where it is logged.
        bundle: gets the metrics too, if it was made by this run.
        validated: of a training, what its weights were chosen by; they are in the tracker already.
    """
    measured = {f"{split}_{name}": value for name, value in report.metrics.items()}
    metrics = {**measured, **(validated or {})}
    write_json(folder / "metrics.json", metrics)
    note_metrics(metrics)
    for name, picture in report.figures.items():
        path = folder / "figures" / name
        save_picture(path, picture)
        tracker.log_figure(path, name)
    for name, text in report.files.items():
        write_text(folder / name, text)
        tracker.log_figure(folder / name, name)
    for table in report.tables:
        print(f"\n{table.text()}")
    tracker.log_metrics(measured)
    if bundle is not None:
        write_json(bundle.folder / "metrics.json", metrics)
        bundle.seal()
        tracker.log_bundle(bundle)
    print(f"\nfigures: {folder / 'figures'}\nmetrics: {folder / 'metrics.json'}")
