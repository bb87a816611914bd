"""What runs a bundle's network: ONNX Runtime, or Keras."""

from typing import Any

import numpy as np

from base.bundle import Bundle
from base.errors import UserError
from base.predictor import Network
from base.registry import MODELS
from utils.compute.backend import set_threads, start_keras
from utils.compute.onnx_session import run_session

LADDER_PX = (256, 512, 704, 896, 1216, 2048, 4096)  # widths of batches; the first are those of configs/trainer/lines.yaml


def open_network(bundle: Bundle, engine: str, runtime: Any, beam_width: int | None = None) -> tuple[Network, str]:
    """The network of a bundle and the name of the engine that runs it.

    Args:
        bundle: the trained model.
        engine: ``onnx``, ``keras``, or ``auto``: ONNX Runtime where the bundle has ``model.onnx``.
        runtime: ``cfg.runtime``.
        beam_width: for networks that search for texts, where it should differ from the bundle's; ``model.onnx`` has the latter.

    Raises:
        UserError: ``onnx`` is demanded and the bundle has none, or a part does not fit.
    """
    if engine == "onnx" and bundle.onnx_path is None:
        raise UserError(f"{bundle.folder} has no model.onnx: use engine=keras, or write one with mode=export")
    other = beam_width not in (None, bundle.facts.get("beam_width"))
    if engine == "onnx" and other:
        raise UserError(
            f"{bundle.onnx_path} searches with {bundle.facts['beam_width']} texts, not {beam_width}: use engine=keras"
        )
    if engine != "keras" and bundle.onnx_path is not None and not other:
        return onnx_network(bundle, runtime.threads), "onnx"
    start_keras(runtime)
    return keras_network(load_model(bundle), beam_width), "keras"


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


def exact_model(bundle: Bundle) -> Any:
    """The same in float32 throughout, whatever precision it was trained in: what is exported."""
    import keras

    trained_in = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return load_model(bundle)
    finally:
        keras.config.set_dtype_policy(trained_in)


def keras_network(model: Any, beam_width: int | None = None) -> Network:
    """A live or loaded model as a network."""
    import keras

    network = model.inference if beam_width is None else model.searching(beam_width)

    def run(batch: Any) -> Any:
        return keras.tree.map_structure(keras.ops.convert_to_numpy, network.predict_on_batch(batch))

    return in_few_shapes(run) if keras.backend.backend() == "jax" else run


def in_few_shapes(network: Network) -> Network:
    """A network that compiles for each shape of its inputs, given lines in a few shapes only.

    Batches of lines, dicts with ``image`` uint8 (B, H, W, 1) and ``width``, get the next of `LADDER_PX` as their width and
    the next power of two as their number; what was added is taken from the answers. Other batches pass as they are.
    """

    def run(batch: Any) -> Any:
        if not isinstance(batch, dict) or "width" not in batch:
            return network(batch)
        count, height, width, _ = batch["image"].shape
        wider = next((step for step in LADDER_PX if step >= width), width)
        lines = 2 ** (count - 1).bit_length()
        image = np.full((lines, height, wider, 1), 255, np.uint8)
        image[:count, :, :width] = batch["image"]
        filled = {**batch, "image": image, "width": np.resize(batch["width"], lines)}
        for name in set(batch) - {"image", "width"}:
            filled[name] = np.resize(batch[name], (lines, *np.shape(batch[name])[1:]))
        return first_lines(network(filled), count)

    return run


def first_lines(outputs: Any, count: int) -> Any:
    """Arrays, or a dict of them, without what belongs to the lines after the first ``count``."""
    return {name: array[:count] for name, array in outputs.items()} if isinstance(outputs, dict) else outputs[:count]


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
    return lambda batch: run_session(session, batch)
