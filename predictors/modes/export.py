"""mode=export: a bundle that was trained on any backend gets its model.onnx."""

from pathlib import Path

from omegaconf import DictConfig

from base.bundle import Bundle
from base.errors import UserError
from base.registry import DATA_GENERATORS
from models.export import add_onnx, can_export
from predictors.engines.loading import recorded_inputs
from predictors.engines.networks import exact_model
from utils.compute.backend import start_keras


def export(cfg: DictConfig) -> None:
    """Writes ``model.onnx`` into the bundle that ``weights`` names, if it answers as Keras does.

    Raises:
        UserError: there is no such bundle, or the backend cannot export, or the export answers differently.
    """
    bundle = Bundle.load(Path(cfg.weights), cfg.task.name)
    start_keras(cfg.runtime)
    if not can_export():
        raise UserError("only the TensorFlow backend writes ONNX: unset KERAS_BACKEND, and use the environment of `make setup`")
    data = DATA_GENERATORS.get(cfg.task.generator).of(cfg, "val")
    model = exact_model(bundle)
    add_onnx(bundle, model, recorded_inputs(model, cfg, data))
    print(bundle.onnx_path)
