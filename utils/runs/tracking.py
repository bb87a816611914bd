"""Where a run's numbers, pictures and bundle go: MLflow and TensorBoard, or nowhere."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig

from base.bundle import Bundle
from base.errors import UserError
from base.registry import ROOT
from utils.configuration.values import plain
from utils.runs.folder import RunFolder
from utils.runs.sweeps import job_name

PARENT_RUN = "PALIMPSEST_PARENT_RUN"  # environment variable: the multirun that a job belongs to
PARAMETER_LIMIT = 90  # parameters sent at once; MLflow takes 100


class Tracker:
    """Tracks nothing: what ``tracking=none`` gives. Also the interface of those that do."""

    def log_metrics(self, values: dict[str, float], step: int | None = None) -> None:
        """Logs numbers, of an epoch or of the whole run."""

    def log_figure(self, path: Path, name: str) -> None:
        """Keeps a picture or another file under ``name``."""

    def log_image(self, name: str, picture: np.ndarray, step: int) -> None:
        """Shows an RGB uint8 picture of an epoch."""

    def log_bundle(self, bundle: Bundle) -> None:
        """Keeps a trained model."""

    def log_part(self, name: str, values: dict[str, float], files: list[Path]) -> None:
        """Logs a part of the run, such as a round of self-training, as a run of its own below it."""


class RunTracker(Tracker):
    """Logs to MLflow and to TensorBoard; losing MLflow's server warns once and nothing more.

    Args:
        client: an MLflow run in progress, see `_MlflowRun`.
        events: the folder for TensorBoard's event files.
    """

    def __init__(self, client: "_MlflowRun", events: Path) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.client = client
        self.events = EventFileWriter(str(events))

    def log_metrics(self, values: dict[str, float], step: int | None = None) -> None:
        self.client.log_metrics(values, step)
        self._write_event([_scalar(name, value) for name, value in values.items()], step or 0)

    def log_figure(self, path: Path, name: str) -> None:
        self.client.log_artifact(path, str(Path("figures") / Path(name).parent))

    def log_image(self, name: str, picture: np.ndarray, step: int) -> None:
        self._write_event([_image(name, picture)], step)

    def log_bundle(self, bundle: Bundle) -> None:
        self.client.log_bundle(bundle)

    def log_part(self, name: str, values: dict[str, float], files: list[Path]) -> None:
        self.client.log_part(name, values, files)

    def _write_event(self, values: list[Any], step: int) -> None:
        import time

        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        self.events.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
        self.events.flush()


def _scalar(name: str, value: float):
    from tensorboard.compat.proto.summary_pb2 import Summary

    group = "validation" if name.startswith("val_") else "training"
    return Summary.Value(tag=f"{group}/{name.removeprefix('val_')}", simple_value=float(value))


def _image(name: str, picture: np.ndarray):
    import cv2
    from tensorboard.compat.proto.summary_pb2 import Summary

    encoded = cv2.imencode(".png", picture[..., ::-1])[1].tobytes()
    height, width, _ = picture.shape
    return Summary.Value(tag=name, image=Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=encoded))


@contextmanager
def track(cfg: DictConfig, run: RunFolder, facts: dict[str, str]) -> Iterator[Tracker]:
    """A tracker for the run that the block does; an error in the block marks the run as failed and goes on up.

    Args:
        cfg: the whole resolved config.
        run: its MLflow run id is set, and used again when the run is continued.
        facts: what else describes the run, such as the fingerprint of its data; logged as tags.
    """
    if cfg.tracking.name == "none":
        yield Tracker()
        return
    client = _MlflowRun(cfg, run.mlflow_run_id)
    client.describe(cfg, run, facts)
    run.mlflow_run_id = client.run_id
    run.save()
    tracker = RunTracker(client, run.path / "events")
    try:
        yield tracker
    except BaseException as error:
        client.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED", f"{type(error).__name__}: {error}")
        raise
    else:
        client.end("FINISHED")
    finally:
        tracker.events.close()


class _MlflowRun:
    """One MLflow run. The first call that fails prints a warning and turns the rest off: training matters more."""

    def __init__(self, cfg: DictConfig, run_id: str | None) -> None:
        self.lost = False
        self.new = False
        self.register = cfg.tracking.register
        self.run_id = run_id
        self.model_name = cfg.task.name if cfg.get("task") else None
        self._guard(lambda: self._open(cfg, run_id))

    def _open(self, cfg: DictConfig, run_id: str | None) -> None:
        self.mlflow = connect(cfg)
        parent = os.environ.get(PARENT_RUN)
        if run_id is not None and self._knows(run_id):
            self.mlflow.start_run(run_id=run_id)
            return
        run = self.mlflow.start_run(
            experiment_id=experiment_id(self.mlflow, cfg),
            run_name=job_name() or name_of(cfg),
            nested=parent is not None,
            parent_run_id=parent,
        )
        self.run_id, self.new = run.info.run_id, True

    def _knows(self, run_id: str) -> bool:
        """Whether the store still has a run: people clear stores."""
        from mlflow.exceptions import MlflowException

        try:
            self.mlflow.get_run(run_id)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise
        return True

    def describe(self, cfg: DictConfig, run: RunFolder, facts: dict[str, str]) -> None:
        """Logs the config, flattened and as YAML, the state of the code, and the given facts."""
        if not self.new:  # a continued run has them, and MLflow takes no other values
            return
        flat = flatten(plain(cfg))
        names = sorted(flat)
        for start in range(0, len(names), PARAMETER_LIMIT):
            part = {name: flat[name] for name in names[start : start + PARAMETER_LIMIT]}
            self._guard(partial(self._log_params, part))
        self._guard(lambda: self.mlflow.set_tags({**git_state(), **facts, "run_folder": str(run.path)}))
        if "data" in facts:
            self._guard(lambda: self._log_data(cfg, facts["data"]))
        self.log_artifact(run.path / "config.yaml", None)

    def _log_data(self, cfg: DictConfig, fingerprint: str) -> None:
        """Logs the data as an input of the run: its name, where it lies, and a digest that changes when it does."""
        from mlflow.data.dataset_source_registry import resolve_dataset_source
        from mlflow.data.meta_dataset import MetaDataset

        source = resolve_dataset_source(str(cfg.data.get("root") or cfg.data.name))
        digest = hashlib.sha256(fingerprint.encode()).hexdigest()[:8]
        data: Any = MetaDataset  # whose profile is none of ours to state
        self.mlflow.log_input(data(source, name=cfg.data.name, digest=digest), context=cfg.mode.name)

    def _log_params(self, values: dict[str, str]) -> None:
        self.mlflow.log_params(values)

    def log_metrics(self, values: dict[str, float], step: int | None) -> None:
        finite = {name: float(value) for name, value in values.items() if np.isfinite(value)}
        self._guard(lambda: self.mlflow.log_metrics(finite, step=step))

    def log_artifact(self, path: Path, folder: str | None) -> None:
        self._guard(lambda: self.mlflow.log_artifact(str(path), folder))

    def log_bundle(self, bundle: Bundle) -> None:
        from utils.runs.mlflow_model import log_bundle

        self._guard(lambda: log_bundle(self.mlflow, bundle, self.model_name if self.register else None))

    def log_part(self, name: str, values: dict[str, float], files: list[Path]) -> None:
        self._guard(lambda: self._log_part(name, values, files))

    def _log_part(self, name: str, values: dict[str, float], files: list[Path]) -> None:
        client = self.mlflow.MlflowClient()
        experiment = client.get_run(self.run_id).info.experiment_id
        part = client.create_run(experiment, run_name=name, tags={"mlflow.parentRunId": str(self.run_id)}).info.run_id
        for metric, value in values.items():
            if np.isfinite(value):
                client.log_metric(part, metric, value)
        for path in files:
            client.log_artifact(part, str(path))
        client.set_terminated(part)

    def end(self, status: str, error: str | None = None) -> None:
        if error:
            self._guard(lambda: self.mlflow.set_tag("error", error[:5000]))
        self._guard(lambda: self.mlflow.end_run(status))

    def _guard(self, call: Callable[[], Any]) -> None:
        if self.lost:
            return
        try:
            call()
        except Exception as error:
            self.lost = True
            warn_of_loss("run", error)


def warn_of_loss(what: str, error: Exception) -> None:
    """Says that a run or a sweep goes on without being tracked."""
    reason = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
    print(f"warning: tracking is lost, the {what} goes on without it: {reason}", file=sys.stderr)


def connect(cfg: DictConfig):
    """The mlflow module, pointed at the configured store; a dead server is noticed within seconds."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    warnings.filterwarnings("ignore", module="mlflow")
    if cfg.tracking.uri.startswith("sqlite:///"):
        Path(cfg.tracking.uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    import logging

    import mlflow

    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(cfg.tracking.uri)
    return mlflow


def experiment_id(mlflow, cfg: DictConfig) -> str:
    """The id of the configured MLflow experiment, which is created if need be."""
    found = mlflow.get_experiment_by_name(cfg.tracking.experiment)
    if found is not None:
        return found.experiment_id
    embedded = cfg.tracking.uri.startswith("sqlite:///")
    location = Path(cfg.tracking.artifacts).resolve().as_uri() if embedded else None
    return mlflow.create_experiment(cfg.tracking.experiment, artifact_location=location)


def check_reach(cfg: DictConfig) -> None:
    """Raises UserError where runs on other machines would write into a database file."""
    if cfg.tracking.name != "none" and cfg.tracking.uri.startswith("sqlite:"):
        raise UserError(
            f"tracking.uri={cfg.tracking.uri}: SQLite cannot be written by several machines; start a server (mlflow server "
            "--host 0.0.0.0) and name it, tracking.uri=http://HOST:5000, or track nothing, tracking=none"
        )


def start_parent_run(cfg: DictConfig) -> None:
    """Opens the run that a multirun's jobs hang below; creates the store before parallel jobs could race for it.

    Without a server the sweep goes on without this run, and says so.
    """
    if cfg.tracking.name == "none":
        return
    try:
        mlflow = connect(cfg)
        run = mlflow.MlflowClient().create_run(experiment_id(mlflow, cfg), run_name=f"sweep of {cfg.task.name}")
    except Exception as error:
        warn_of_loss("sweep", error)
        return
    os.environ[PARENT_RUN] = run.info.run_id


def end_parent_run(results: list[dict[str, Any]], objective: str, table: Path) -> None:
    """Closes the run that `start_parent_run` opened, if it did, with what its runs came to.

    Args:
        results: of the runs, best first.
        objective: what they were judged by.
        table: of all of them, a file.
    """
    run_id = os.environ.pop(PARENT_RUN, None)
    if run_id:
        try:
            _end_parent_run(run_id, results, objective, table)
        except Exception as error:
            warn_of_loss("sweep", error)


def _end_parent_run(run_id: str, results: list[dict[str, Any]], objective: str, table: Path) -> None:
    import mlflow

    client = mlflow.MlflowClient()
    client.log_artifact(run_id, str(table))
    done = [result for result in results if not result["error"]]
    if not done:
        client.set_tag(run_id, "error", "; ".join(dict.fromkeys(result["error"] for result in results))[:5000])
    elif done[0]["objective"] is not None and np.isfinite(done[0]["objective"]):
        client.log_metric(run_id, f"best_val_{objective}", done[0]["objective"])
        for override in done[0]["overrides"]:
            key, _, value = override.partition("=")
            client.log_param(run_id, next(iter(flatten(value, f"{key.lstrip('+~')}."))), value[:500])
        client.set_tag(run_id, "best_run_folder", str(done[0].get("run_folder")))
    client.set_terminated(run_id, "FINISHED" if done else "FAILED")


def name_of(cfg: DictConfig) -> str:
    """What a run is called in a list of many."""
    return str(cfg.model.name if cfg.get("model") else cfg.mode.name)


def flatten(values: Any, prefix: str = "") -> dict[str, str]:
    """Nested mappings as dotted names to texts; characters that MLflow takes in no name are written as their code points."""
    if isinstance(values, dict) and values:
        return {name: text for key, value in values.items() for name, text in flatten(value, f"{prefix}{key}.").items()}
    name = re.sub(r"[^\w\-. :/]", lambda found: f"U-{ord(found[0]):04X}", prefix.removesuffix("."))
    return {name: str(values)[:500]}


def git_state() -> dict[str, str]:
    """The commit of this checkout, and whether it has changes that are not committed."""

    def ask(*arguments: str) -> str:
        if not shutil.which("git"):
            return ""
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    return {"git_commit": ask("rev-parse", "HEAD") or "unknown", "git_dirty": str(bool(ask("status", "--porcelain")))}
