"""What goes from a machine that trained to the one that measures."""

import io

import numpy as np

WEIGHTS, STATE = "weights.npz", "state.npz"  # in parts; the state holds all variables as bfloat16
CONFIG, HISTORY, FACTS, LOG = "config.yaml", "history.csv", "facts.json", "log.txt"


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """An npz file's content."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
