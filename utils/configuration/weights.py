"""What ``weights=`` and ``engine=`` may say, told before anything is opened."""

from typing import Any

from base.bundle import MANIFEST, bundle_folder
from base.errors import UserError

ENGINES = ("auto", "onnx", "keras")
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
