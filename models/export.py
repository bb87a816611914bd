"""Networks for ONNX Runtime, kept only if they answer as Keras does."""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from base.bundle import Bundle, halved
from base.errors import UserError
from base.model import BaseModel
from utils.compute.onnx_session import run_session

TOLERANCE = 5e-3  # of the largest answer: weights merged with their normalisation are rounded to float16 once more
LARGE = 256  # smaller arrays stay float32
WHOLE = 0.02  # of a step: weights that are no farther from whole steps are those that were rounded to them


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
    expected = as_arrays(model.inference.predict_on_batch(probe))
    aside = bundle.folder / ".model.partial.onnx"
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            model.inference.export(str(aside), format="onnx", verbose=False)
        name_outputs(aside, sorted(expected))
        shrink_weights(aside)
        session = onnxruntime.InferenceSession(str(aside), providers=["CPUExecutionProvider"])
        compare(as_arrays(run_session(session, probe)), expected)
        aside.replace(bundle.folder / "model.onnx")
    finally:
        aside.unlink(missing_ok=True)
    bundle.seal()


def as_arrays(outputs: Any) -> dict[str, np.ndarray]:
    """What a network answers, arrays of any type by name; the only output of one that has no names is called ``output``."""
    return {name: np.asarray(array) for name, array in (outputs if isinstance(outputs, dict) else {"output": outputs}).items()}


def compare(answered: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """Raises UserError where an export answers differently: other numbers, or another text."""
    for name, array in expected.items():
        if answered[name].shape != array.shape:
            raise UserError(f"the ONNX export differs from Keras in the shape of {name}: it was not kept")
        if array.dtype.kind == "i":
            if not np.array_equal(answered[name][:, 0], array[:, 0]):  # texts; near ties further down the beam may change places
                raise UserError("the ONNX export reads other texts than Keras: it was not kept")
            continue
        difference = float(np.abs(answered[name] - array).max())
        if difference > TOLERANCE * max(1.0, float(np.abs(array).max())):
            raise UserError(f"the ONNX export differs from Keras by {difference:.2g} in {name}: it was not kept")


def name_outputs(path: Path, names: list[str]) -> None:
    """Gives an ONNX file's outputs, which Keras exports in the order of their names, these names."""
    import onnx
    from onnx import helper

    graph_file = onnx.load(str(path))
    graph = graph_file.graph
    for output, name in zip(graph.output, names, strict=True):
        if output.name != name:
            graph.node.append(helper.make_node("Identity", [output.name], [name]))
            output.name = name
    onnx.save(graph_file, str(path))


def shrink_weights(path: Path) -> None:
    """Stores an ONNX file's large float32 weights in fewer bits; a cast before their use keeps the arithmetic float32.

    Those of a bundle that `Bundle.compact` rounded come back as 8 bits and a scale for each output, to what they were but for
    float32's own rounding; others become float16.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph_file = onnx.load(str(path))
    graph = graph_file.graph
    restored = []
    for weight in list(graph.initializer):
        array = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or array.size < LARGE or halved(array).dtype == np.float32:
            continue
        name = weight.name
        graph.initializer.remove(weight)
        steps = eight_bits(array)
        if steps is None:
            graph.initializer.append(numpy_helper.from_array(array.astype(np.float16), f"{name}_half"))
            restored.append([helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT)])
            continue
        for part, kind in zip(steps, ("steps", "scale"), strict=True):
            graph.initializer.append(numpy_helper.from_array(part, f"{name}_{kind}"))
        cast = helper.make_node("Cast", [f"{name}_steps"], [f"{name}_whole"], to=TensorProto.FLOAT)
        restored.append([cast, helper.make_node("Mul", [f"{name}_whole", f"{name}_scale"], [name])])
    for nodes in restored:
        for node in reversed(nodes):
            graph.node.insert(0, node)
    onnx.save(graph_file, str(path))


def eight_bits(array: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The weights as int8, and what they are multiplied by, if they are 127 steps of a scale for each first or last index."""
    if array.ndim < 2:
        return None
    for axis in (array.ndim - 1, 0):
        others = tuple(at for at in range(array.ndim) if at != axis)
        if array.size // array.shape[axis] < LARGE // 16:
            continue  # a scale for so few weights saves nothing
        scale = (np.maximum(np.abs(array).max(axis=others, keepdims=True), 1e-12) / 127).astype(np.float32)
        steps = np.round(array / scale)
        if float(np.abs(array / scale - steps).max()) < WHOLE:
            return steps.astype(np.int8), scale
    return None
