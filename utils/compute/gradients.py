"""Gradients of a function of an array, on whichever backend Keras runs: Keras has no such function of its own."""

from collections.abc import Callable
from typing import Any

import numpy as np


def gradient(function: Callable[[Any], Any], at: np.ndarray) -> np.ndarray:
    """How a number changes with each element of an array, float32 of the array's shape.

    Args:
        function: of a tensor of the backend to a scalar tensor.
        at: float32.
    """
    import keras

    return {"tensorflow": _by_tensorflow, "jax": _by_jax, "torch": _by_torch}[keras.backend.backend()](function, at)


def _by_tensorflow(function: Callable[[Any], Any], at: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    place = tf.convert_to_tensor(at)
    with tf.GradientTape() as tape:
        tape.watch(place)
        value = function(place)
    return np.asarray(tape.gradient(value, place))


def _by_jax(function: Callable[[Any], Any], at: np.ndarray) -> np.ndarray:
    import jax

    return np.asarray(jax.grad(function)(at))


def _by_torch(function: Callable[[Any], Any], at: np.ndarray) -> np.ndarray:
    import torch

    place = torch.tensor(at, requires_grad=True)
    (found,) = torch.autograd.grad(function(place), place)
    return found.detach().cpu().numpy()
