"""A bundle as an MLflow pyfunc model, written as code so that nothing is pickled."""

from typing import Any

from base.bundle import Bundle
from base.registry import PREDICTORS, ROOT
from predictors.weights import bundle_folder

PACKAGES = (
    *("numpy", "opencv-python-headless", "pillow", "omegaconf", "onnxruntime", "lxml", "rapidfuzz", "numba", "symspellpy"),
    *("pypdfium2", "reportlab"),
)
CODE_ROOMS = ("base", "configs", "models", "predictors", "preprocessing", "utils")


def log_bundle(mlflow: Any, bundle: Bundle, register_as: str | None) -> None:
    """Logs a bundle to the active run, and registers it under a name if one is given.

    The model takes a column ``image`` of image files' bytes (or of paths) and gives a column ``prediction`` of JSON.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    signature = ModelSignature(Schema([ColSpec(DataType.binary, "image")]), Schema([ColSpec(DataType.string, "prediction")]))
    mlflow.pyfunc.log_model(
        name="bundle",
        python_model=str(ROOT / "utils" / "pyfunc.py"),
        artifacts={"bundle": str(bundle.folder), **bundles_beside(bundle)},
        code_paths=[str(ROOT / room) for room in CODE_ROOMS],
        pip_requirements=list(PACKAGES),
        signature=signature,
        registered_model_name=register_as,
    )


def bundles_beside(bundle: Bundle) -> dict[str, str]:
    """The shipped bundles that a bundle's predictor works with, by the config key that names them."""
    others = PREDICTORS.get(bundle.config.task.predictor).works_with
    return {key: str(bundle_folder("pretrained", task)) for key, task in others.items()}
