"""Finds the bundle that ``weights=`` means."""

from pathlib import Path
from typing import Any

from base.bundle import MANIFEST, Bundle, bundle_folder
from base.errors import UserError
from predictors.engines.networks import ENGINES

MLFLOW_SCHEMES = ("models:/", "runs:/", "mlflow-artifacts:/")


def check_weights(cfg: Any) -> None:
    """Raises UserError for an unknown engine or a bundle that is not there; opens nothing."""
    if cfg.engine not in ENGINES:
        raise UserError(f"engine={cfg.engine}: choose one of {', '.join(ENGINES)}")
    if cfg.weights.startswith(MLFLOW_SCHEMES):
        return
    folder = bundle_folder(cfg.weights, cfg.task.name)
    if not (folder / MANIFEST).is_file():
        hint = "this checkout ships none; train one first" if cfg.weights == "pretrained" else "name the folder `bundle` of a run"
        raise UserError(f"weights={cfg.weights}: there is no bundle in {folder} ({hint})")


def find_bundle(cfg: Any) -> Bundle:
    """Opens the bundle that ``cfg.weights`` names; an MLflow model is downloaded from the configured store first.

    Raises:
        UserError: there is no such bundle, or it is broken or for another task.
    """
    if cfg.weights.startswith(MLFLOW_SCHEMES):
        return Bundle.load(_download(cfg), cfg.task.name)
    return Bundle.load(bundle_folder(cfg.weights, cfg.task.name), cfg.task.name)


def _download(cfg: Any) -> Path:
    from utils.runs.tracking import connect

    if cfg.tracking.name == "none":
        raise UserError(f"weights={cfg.weights} is in MLflow, and tracking=none turns MLflow off")
    mlflow = connect(cfg)
    try:
        model = Path(mlflow.artifacts.download_artifacts(artifact_uri=cfg.weights))
    except Exception as error:  # MLflow's stores raise errors of many libraries
        raise UserError(f"weights={cfg.weights}: MLflow has no such model in {cfg.tracking.uri} ({error})") from error
    return model / "artifacts" / "bundle"
