"""A bundle as an MLflow pyfunc model, written as code so that nothing is pickled."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from base.bundle import Bundle, bundle_folder
from base.registry import PREDICTORS, ROOT
from utils.language.shipped import SUFFIX, language_model, shipped_languages

PACKAGES = (
    *("numpy", "opencv-python-headless", "pillow", "omegaconf", "onnxruntime", "lxml", "rapidfuzz", "numba", "symspellpy"),
    *("pypdfium2", "reportlab", "pikepdf"),
)
LANGUAGE = f"language{SUFFIX}"
CODE_ROOMS = ("base", "configs", "models", "predictors", "preprocessing", "utils")


def log_bundle(mlflow: Any, bundle: Bundle, register_as: str | None, cfg: Any = None) -> None:
    """Logs a bundle to the active run, and registers it under a name if one is given.

    ``cfg`` names the other bundles that it works with, such as a reader of pages' lines. The model takes a column ``image``
    of image files' bytes (or of paths) and gives a column ``prediction`` of JSON.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    signature = ModelSignature(Schema([ColSpec(DataType.binary, "image")]), Schema([ColSpec(DataType.string, "prediction")]))
    with tempfile.TemporaryDirectory() as aside:  # MLflow keeps the names of folders, so each gets that of its key
        folders = {name: shutil.copytree(folder, Path(aside) / name) for name, folder in folders_of(bundle, cfg).items()}
        for folder in folders.values():
            take_language_along(folder)
        mlflow.pyfunc.log_model(
            name="bundle",
            python_model=str(ROOT / "predictors" / "serving" / "pyfunc.py"),
            artifacts={name: str(folder) for name, folder in folders.items()},
            code_paths=[str(ROOT / room) for room in CODE_ROOMS],
            pip_requirements=list(PACKAGES),
            signature=signature,
            registered_model_name=register_as,
        )


def take_language_along(folder: Path) -> None:
    """Puts the language model that a bundle names, and that ships with this program, into the bundle."""
    bundle = Bundle.load(folder)
    decoder = bundle.facts.get("decoder") or {}
    if decoder.get("model") in shipped_languages():
        shutil.copyfile(language_model(decoder["model"]), folder / LANGUAGE)
        bundle.learn({"decoder": {**decoder, "model": LANGUAGE}})


def folders_of(bundle: Bundle, cfg: Any) -> dict[str, Path]:
    """A bundle's folder, and those of the bundles that its predictor works with: as the config names them, or the shipped."""
    others = PREDICTORS.get(bundle.config.task.predictor).works_with
    named = {key: (cfg.get(key) if cfg else None) or "pretrained" for key in others}
    return {"bundle": bundle.folder, **{key: bundle_folder(named[key], task) for key, task in others.items()}}
