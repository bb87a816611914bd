"""mode=export: a bundle that was trained on any backend gets its model.onnx."""

from pathlib import Path

from omegaconf import DictConfig

from base.bundle import Bundle
from base.errors import UserError
from base.registry import DATA_GENERATORS
from models.export import add_onnx, can_export
from predictors.engines import load_model
from utils.backend import start_keras


def export(cfg: DictConfig) -> None:
    """Writes ``model.onnx`` into the bundle that ``weights`` names, if it answers as Keras does.

    Raises:
        UserError: there is no such bundle, or the backend cannot export, or the export answers differently.
    """
    bundle = Bundle.load(Path(cfg.weights), cfg.task.name)
    start_keras(cfg.runtime)
    if not can_export():
        raise UserError("only the TensorFlow backend writes ONNX: unset KERAS_BACKEND, and use the environment of `make setup`")
    probe = DATA_GENERATORS.get(cfg.task.generator)(cfg.data, "val", cfg.seed).batch(0).inputs[:2]
    add_onnx(bundle, load_model(bundle), probe)
    print(bundle.onnx_path)
