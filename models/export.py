"""Networks for ONNX Runtime, kept only if they answer as Keras does."""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from base.bundle import Bundle
from base.errors import UserError
from base.model import BaseModel
from utils.onnx_session import run_session

TOLERANCE = 5e-3  # of the largest answer: weights merged with their normalisation are rounded to float16 once more
LARGE = 256  # smaller arrays stay float32


def can_export() -> bool:
    """Whether this backend writes ONNX files: TensorFlow does."""
    import keras

    return keras.backend.backend() == "tensorflow"


def add_onnx(bundle: Bundle, model: BaseModel, probe: Any) -> None:
    """Writes ``model.onnx`` beside the weights, loads it, and compares its answers.

    Args:
        bundle: where it goes; its weights are those that are exported.
        model: a model of the bundle's kind; it takes over the bundle's rounded weights.
        probe: real inputs to compare on, a batch.

    Raises:
        UserError: the export answers differently from Keras; it is not kept.
    """
    import onnxruntime

    model.load_weights(bundle.weights())
    expected = np.asarray(model.network.predict_on_batch(probe))
    aside = bundle.folder / ".model.partial.onnx"
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            model.network.export(str(aside), format="onnx", verbose=False)
        halve_weights(aside)
        session = onnxruntime.InferenceSession(str(aside), providers=["CPUExecutionProvider"])
        answered = run_session(session, probe)
        difference = float(np.abs(answered - expected).max())
        if difference > TOLERANCE * max(1.0, float(np.abs(expected).max())):
            raise UserError(f"the ONNX export differs from Keras by {difference:.2g}: it was not kept")
        aside.replace(bundle.folder / "model.onnx")
    finally:
        aside.unlink(missing_ok=True)
    bundle.seal()


def halve_weights(path: Path) -> None:
    """Stores an ONNX file's large float32 weights as float16; a cast before their use keeps the arithmetic float32."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph_file = onnx.load(str(path))
    graph = graph_file.graph
    casts = []
    for weight in list(graph.initializer):
        array = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or array.size < LARGE:
            continue
        name = weight.name
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(array.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    onnx.save(graph_file, str(path))
