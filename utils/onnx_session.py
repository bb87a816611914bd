"""Running a network in ONNX Runtime."""

from typing import Any

import numpy as np


def run_session(session: Any, batch: Any) -> np.ndarray:
    """The first output of a network for a batch: an array, or arrays by the names of the network's inputs."""
    inputs = session.get_inputs()
    return session.run(None, batch if isinstance(batch, dict) else {inputs[0].name: batch})[0]
