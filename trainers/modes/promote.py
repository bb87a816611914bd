"""mode=promote: a bundle becomes the champion of its task in MLflow's registry, if it beats the present one."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from base.bundle import Bundle
from base.data_generator import BaseDataGenerator
from base.registry import DATA_GENERATORS, TRAINERS
from base.report import Report, Table
from predictors.engines.loading import predictor_for
from predictors.engines.weights import find_bundle
from trainers.modes.inherit import inherit
from trainers.reports.publish import publish
from utils.runs.folder import RunFolder
from utils.runs.mlflow_model import log_bundle
from utils.runs.tracking import connect, experiment_id, track

CHAMPION = "champion"


def promote(cfg: DictConfig) -> float:
    """Measures a bundle and the champion on the same samples; the better one is ``models:/<task>@champion`` afterwards."""
    challenger = find_bundle(cfg)
    data = samples_for(cfg, challenger)
    run = RunFolder.for_evaluation(cfg)
    print(f"{cfg.task.name}: {challenger.folder} against the champion\nrun folder: {run.path}", flush=True)
    with track(cfg, run, {"data": data.fingerprint(), "weights": str(challenger.folder)}) as tracker:
        report = measured(cfg, challenger, data)
        mlflow = connect(cfg)
        champion = present_champion(mlflow, cfg.task.name)
        before = None if champion is None else measured(cfg, champion, samples_for(cfg, champion)).metrics[cfg.objective]
        wins = before is None or is_better(cfg, report.metrics[cfg.objective], before)
        report.tables.insert(0, verdict(cfg, report.metrics[cfg.objective], before, wins))
        publish(report, cfg.split, run.path, tracker)
        if wins:
            crown(mlflow, cfg, challenger)
    run.finish()
    return float(report.metrics[cfg.objective])


def samples_for(cfg: Any, bundle: Bundle) -> BaseDataGenerator:
    """The samples to measure a bundle on, their texts spelled as the config says, or else as the bundle does."""
    return DATA_GENERATORS.get(cfg.task.generator).of(inherit(cfg, bundle), cfg.split)


def measured(cfg: Any, bundle: Bundle, data: BaseDataGenerator) -> Report:
    """What the task's trainer says of a bundle."""
    cfg = inherit(cfg, bundle)
    return TRAINERS.get(cfg.trainer.name).evaluate(cfg, predictor_for(bundle, cfg, cfg.engine)[0], data)


def is_better(cfg: Any, value: float, than: float) -> bool:
    """Whether a value of the objective beats another; a tie changes nothing."""
    return value > than if cfg.maximise else value < than


def present_champion(mlflow: Any, task: str) -> Bundle | None:
    """The bundle of the registered model's champion; None where there is none yet."""
    from mlflow.exceptions import MlflowException

    try:
        version = mlflow.MlflowClient().get_model_version_by_alias(task, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
    folder = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{task}/{version.version}")
    return Bundle.load(Path(folder) / "artifacts" / "bundle", task)


def crown(mlflow: Any, cfg: Any, bundle: Bundle) -> None:
    """Registers a bundle as the newest version of its task's model, and calls that the champion."""
    name = cfg.task.name
    run = mlflow.active_run() or mlflow.start_run(experiment_id=experiment_id(mlflow, cfg), run_name=f"promote {name}")
    client = mlflow.MlflowClient()
    log_bundle(mlflow, bundle, name, cfg)
    newest = max(client.search_model_versions(f"name = '{name}'"), key=lambda version: int(version.version))
    client.set_registered_model_alias(name, CHAMPION, newest.version)
    print(f"models:/{name}@{CHAMPION} is version {newest.version} now (run {run.info.run_id})")


def verdict(cfg: Any, value: float, before: float | None, wins: bool) -> Table:
    """Both values of the objective, and who is the champion."""
    old = "none" if before is None else f"{before:.4f}"
    rows = [
        ["champion until now", old, "" if wins else "stays"],
        [str(cfg.weights), f"{value:.4f}", "is promoted" if wins else ""],
    ]
    return Table(f"{cfg.objective} on {cfg.split}", ["bundle", str(cfg.objective), ""], rows)
