"""Finds the bundle that ``weights=`` means."""

from pathlib import Path
from typing import Any

from base.bundle import Bundle, bundle_folder
from base.errors import UserError
from utils.configuration.weights import MLFLOW_SCHEMES


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
