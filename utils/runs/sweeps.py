"""Several runs from one command: each is guarded, and a table tells how they went."""

import math
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from base.errors import PartialFailure, UserError
from base.report import Table
from utils.files.whole import read_json, write_json, write_text

Job = Callable[[DictConfig], float | None]


class RefusedSweep(BaseException):
    """A `UserError` before the first run of a sweep: Hydra makes warnings of the exceptions of a callback, but not of this."""


_failures: list[str] = []
_single_error: list[Exception] = []
_measured: dict[str, float] = {}
_folders: list[str] = []
_outcomes: list[str] = []
_open: list[DictConfig] = []  # of a multirun that has begun and not ended
SWEPT = "PALIMPSEST_SWEPT"  # environment variable: the keys whose values the jobs of a multirun differ in


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
    result = new_result(job.job.num, list(job.overrides.task))
    try:
        result["objective"] = function(cfg)
    except (UserError, PartialFailure) as error:
        result["error"] = str(error)
    except Exception as error:
        traceback.print_exc()
        result["error"] = f"{type(error).__name__}: {error}"
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session()  # or a worker of many runs keeps all their networks
    result |= {"metrics": dict(_measured)}
    result |= {key: noted[-1] for key, noted in (("run_folder", _folders), ("outcome", _outcomes)) if noted}
    _measured.clear()
    _folders.clear()
    _outcomes.clear()
    write_json(Path(job.sweep.dir) / job.sweep.subdir / "result.json", result)
    return float("nan") if result["objective"] is None else result["objective"]


def new_result(number: int, overrides: list[str]) -> dict[str, Any]:
    """What is known of a run of a sweep before it begins; ``result.json`` in its folder has it at the end."""
    empty: dict[str, Any] = {"objective": None, "error": None, "metrics": {}, "run_folder": None, "outcome": "done"}
    return {"number": number, "overrides": overrides, **empty}


def write_lost_run(folder: Path, number: int, overrides: list[str], reason: str) -> None:
    """Notes that a run of a sweep could not be done, in the run's folder below the sweep's."""
    write_json(folder / "result.json", new_result(number, overrides) | {"error": reason})


def is_sweep_job() -> bool:
    """Whether this is one of several runs of a command."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def note_metrics(metrics: dict[str, float]) -> None:
    """Keeps what a run measured for the table of its sweep."""
    _measured.update(metrics)


def note_folder(path: Path) -> None:
    """Keeps where a run lies for the table of its sweep."""
    _folders.append(str(path))


def note_outcome(outcome: str) -> None:
    """Keeps how a run ended, where it did otherwise than others, for the table of its sweep."""
    _outcomes.append(outcome)


def job_name() -> str | None:
    """What tells a job of a sweep from the others: its own values of the keys that they differ in; None elsewhere."""
    if not is_sweep_job():
        return None
    own = {override.partition("=")[0].lstrip("+"): override.partition("=")[2] for override in HydraConfig.get().overrides.task}
    return ", ".join(f"{key}={own[key]}" for key in os.environ.get(SWEPT, "").split(";") if key in own) or None


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
        os.environ[SWEPT] = ";".join(swept_keys(config))
        from utils.runs.tracking import check_reach, start_parent_run

        if "SlurmLauncher" in config.hydra.launcher._target_:
            try:
                check_reach(config)
            except UserError as error:
                raise RefusedSweep(str(error)) from error
        _open.append(config)
        start_parent_run(config)

    def on_multirun_end(self, config: DictConfig, **_) -> None:
        """Tells how the runs went."""
        end_sweep()


def end_sweep() -> None:
    """Prints the table of the runs that there are, the best first, and closes their parent with it.

    Does nothing where no multirun is open: it is called once more by `main`, for one that was stopped.
    """
    if not _open:
        return
    config = _open.pop()
    folder = Path(config.hydra.sweep.dir)
    results = ranked([read_json(path) for path in folder.glob("*/result.json")], maximise=config.get("maximise", True))
    table = table_of(results, config)
    write_text(folder / "table.md", f"{table.markdown()}\n")
    if results:
        print(f"\n{table.text()}\n{folder}")
    _failures.extend(result["error"] for result in results if result["error"])
    from utils.runs.tracking import end_parent_run

    end_parent_run(results, str(config.get("objective", "objective")), folder / "table.md")


def swept_keys(config: DictConfig) -> list[str]:
    """The keys that have several values in a multirun, on the command line or in the config of the sweep."""
    overrides = OverridesParser.create().parse_overrides(list(config.hydra.overrides.task))
    asked = [str(override.key_or_group).lstrip("+") for override in overrides if override.is_sweep_override()]
    return [*asked, *(str(key) for key in (config.hydra.sweeper.get("params") or {}) if str(key) not in asked)]


def ranked(results: list[dict[str, Any]], *, maximise: bool) -> list[dict[str, Any]]:
    """Results with the best objective first; those that have none come last, by their number."""

    def place(result: dict[str, Any]) -> tuple[bool, float, int]:
        value = result["objective"]
        missing = value is None or math.isnan(value)
        return missing, 0.0 if missing else -value if maximise else value, result["number"]

    return sorted(results, key=place)


def table_of(results: list[dict[str, Any]], config: DictConfig) -> Table:
    """The runs of a sweep: what they differ in, what they reached, and where they lie."""
    columns = list(config.get("sweep_columns", []))
    rows = [
        [
            str(result["number"]),
            " ".join(differing(result, results)),
            "" if result["objective"] is None else f"{result['objective']:.4f}",
            *(f"{result['metrics'][name]:.6g}" if name in result["metrics"] else "" for name in columns),
            result["error"] or result["outcome"],
            result.get("run_folder") or "",
        ]
        for result in results
    ]
    return Table("runs", ["run", "overrides", str(config.get("objective", "objective")), *columns, "outcome", "run folder"], rows)


def differing(result: dict[str, Any], results: list[dict[str, Any]]) -> list[str]:
    """The overrides of a run that not all runs of its sweep have."""
    shared = set.intersection(*(set(other["overrides"]) for other in results)) if len(results) > 1 else set()
    return [override for override in result["overrides"] if override not in shared]
