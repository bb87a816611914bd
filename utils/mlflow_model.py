"""A bundle as an MLflow pyfunc model, written as code so that nothing is pickled."""

from typing import Any

from base.bundle import Bundle
from base.registry import ROOT

PACKAGES = ("numpy", "opencv-python-headless", "pillow", "omegaconf", "onnxruntime", "lxml", "rapidfuzz", "numba", "symspellpy")
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
        artifacts={"bundle": str(bundle.folder)},
        code_paths=[str(ROOT / room) for room in CODE_ROOMS],
        pip_requirements=[
            "numpy",
            "opencv-python-headless",
            "pillow",
            "omegaconf",
            "onnxruntime",
            "lxml",
            "rapidfuzz",
            "numba",
            "symspellpy",
        ],
        signature=signature,
        registered_model_name=register_as,
    )
