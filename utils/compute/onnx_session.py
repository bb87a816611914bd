"""Running a network in ONNX Runtime."""

from typing import Any

import numpy as np


def run_session(session: Any, batch: Any) -> np.ndarray | dict[str, np.ndarray]:
    """A network's output for a batch, or its outputs by name where it has several.

    Args:
        session: of ONNX Runtime.
        batch: an array, or arrays by the names of the network's inputs.
    """
    inputs = session.get_inputs()
    answers = session.run(None, batch if isinstance(batch, dict) else {inputs[0].name: batch})
    if len(answers) == 1:
        return answers[0]
    return {output.name: answer for output, answer in zip(session.get_outputs(), answers, strict=True)}
