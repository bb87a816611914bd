"""What runs a bundle's network: ONNX Runtime, or Keras."""

from typing import Any

import numpy as np

from base.bundle import Bundle
from base.errors import UserError
from base.predictor import Network
from base.registry import MODELS
from utils.backend import set_threads, start_keras

ENGINES = ("auto", "onnx", "keras")


def open_network(bundle: Bundle, engine: str, runtime: Any) -> tuple[Network, str]:
    """The network of a bundle and the name of the engine that runs it.

    Args:
        bundle: the trained model.
        engine: ``onnx``, ``keras``, or ``auto``: ONNX Runtime where the bundle has ``model.onnx``.
        runtime: ``cfg.runtime``.

    Raises:
        UserError: ``onnx`` is demanded and the bundle has none, or a part does not fit.
    """
    if engine == "onnx" and bundle.onnx_path is None:
        raise UserError(f"{bundle.folder} has no model.onnx: use engine=keras, or write one with mode=export")
    if engine != "keras" and bundle.onnx_path is not None:
        return onnx_network(bundle, runtime.threads), "onnx"
    start_keras(runtime)
    return keras_network(load_model(bundle)), "keras"


def load_model(bundle: Bundle) -> Any:
    """The bundle's `BaseModel` with its weights; Keras must have been started."""
    model = MODELS.get(bundle.config.model.name)(bundle.config.model)
    try:
        model.load_weights(bundle.weights())
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{bundle.folder}: weights.npz does not fit config.yaml ({error}); take a whole copy of the bundle"
        ) from error
    return model


def keras_network(model: Any) -> Network:
    """A live or loaded model as a network."""
    import keras

    def run(batch: np.ndarray) -> np.ndarray:
        return keras.ops.convert_to_numpy(model.network.predict_on_batch(batch))

    return run


def onnx_network(bundle: Bundle, threads: int | None) -> Network:
    """The bundle's ``model.onnx`` in ONNX Runtime, on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = set_threads(threads)
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(bundle.onnx_path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no base class of their own
        raise UserError(f"{bundle.onnx_path} cannot be loaded ({error}); take a whole copy of the bundle") from error
    name = session.get_inputs()[0].name

    def run(batch: np.ndarray) -> np.ndarray:
        return session.run(None, {name: batch})[0]

    return run
