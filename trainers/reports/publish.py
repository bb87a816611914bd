"""Makes an evaluation seen: on the terminal, in the run folder, in tracking, in the bundle."""

from pathlib import Path

from base.bundle import Bundle
from base.report import Report
from utils.drawing.pictures import save_picture
from utils.files.whole import write_json, write_text
from utils.runs.sweeps import note_metrics
from utils.runs.tracking import Tracker


def publish(report: Report, folder: Path, tracker: Tracker, bundle: Bundle | None = None) -> None:
    """Writes ``metrics.json``, figures and tables to a run folder, logs them, and prints the tables.

    Args:
        report: what was measured.
        folder: the run folder.
        tracker: where it is logged.
        bundle: gets the metrics too, if it was made by this run.
    """
    write_json(folder / "metrics.json", report.metrics)
    note_metrics(report.metrics)
    for name, picture in report.figures.items():
        path = folder / "figures" / name
        save_picture(path, picture)
        tracker.log_figure(path, name)
    for name, text in report.files.items():
        write_text(folder / name, text)
        tracker.log_figure(folder / name, name)
    for table in report.tables:
        print(f"\n{table.text()}")
    tracker.log_metrics({f"test_{name}": value for name, value in report.metrics.items()})
    if bundle is not None:
        write_json(bundle.folder / "metrics.json", report.metrics)
        bundle.seal()
        tracker.log_bundle(bundle)
    print(f"\nfigures: {folder / 'figures'}\nmetrics: {folder / 'metrics.json'}")
