"""Several runs from one command: each is guarded, and a table tells how they went."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from base.errors import PartialFailure, UserError
from base.report import Table
from utils.files.whole import read_json, write_json, write_text

Job = Callable[[DictConfig], float | None]

_failures: list[str] = []
_single_error: list[Exception] = []
_measured: dict[str, float] = {}


def run_job(function: Job, cfg: DictConfig) -> float | None:
    """Calls the function of a run.

    Hydra would put a line of its own before an error, so it never sees one: that of a single run is kept for
    `raise_error`. In a multirun a run that fails is noted, and the others go on; its objective is not-a-number.
    """
    if not is_sweep_job():
        try:
            return function(cfg)
        except Exception as error:
            _single_error.append(error)
            return None
    return _run_guarded(function, cfg)


def _run_guarded(function: Job, cfg: DictConfig) -> float:
    job = HydraConfig.get()
    result: dict[str, Any] = {"number": job.job.num, "overrides": list(job.overrides.task), "objective": None, "error": None}
    try:
        result["objective"] = function(cfg)
    except (UserError, PartialFailure) as error:
        result["error"] = str(error)
    except Exception as error:
        traceback.print_exc()
        result["error"] = f"{type(error).__name__}: {error}"
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session()  # or a worker of many runs keeps all their networks
    result["metrics"] = dict(_measured)
    _measured.clear()
    write_json(Path(job.sweep.dir) / job.sweep.subdir / "result.json", result)
    return float("nan") if result["objective"] is None else result["objective"]


def is_sweep_job() -> bool:
    """Whether this is one of several runs of a command."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def note_metrics(metrics: dict[str, float]) -> None:
    """Keeps what a run measured for the table of its sweep."""
    _measured.update(metrics)


def raise_error() -> None:
    """Raises what stopped the last single run, if anything did."""
    if _single_error:
        raise _single_error.pop()


def sweep_failures() -> list[str]:
    """The errors of the runs of the last multirun."""
    return _failures


class SweepReport(Callback):
    """Hydra callback: prepares tracking before a multirun, and prints a table of its runs at the end."""

    def on_multirun_start(self, config: DictConfig, **_) -> None:
        """Shares the cores out and opens the parent of the runs."""
        jobs = config.hydra.launcher.get("n_jobs", 1)
        os.environ["PALIMPSEST_JOBS"] = str(jobs if jobs > 0 else os.cpu_count() or 1)
        from utils.runs.tracking import start_parent_run

        start_parent_run(config)

    def on_multirun_end(self, config: DictConfig, **_) -> None:
        """Prints the table of the runs and closes their parent."""
        folder = Path(config.hydra.sweep.dir)
        results = sorted((read_json(path) for path in folder.glob("*/result.json")), key=lambda result: result["number"])
        columns = list(config.get("sweep_columns", []))
        rows = [
            [
                str(result["number"]),
                " ".join(result["overrides"]),
                "" if result["objective"] is None else f"{result['objective']:.4f}",
                *(f"{result['metrics'][name]:.6g}" if name in result["metrics"] else "" for name in columns),
                result["error"] or "done",
            ]
            for result in results
        ]
        table = Table("runs", ["run", "overrides", config.get("objective", "objective"), *columns, "outcome"], rows)
        write_text(folder / "table.md", f"{table.markdown()}\n")
        print(f"\n{table.text()}\n{folder}")
        _failures.extend(result["error"] for result in results if result["error"])
        from utils.runs.tracking import end_parent_run

        end_parent_run(failed=bool(_failures))
