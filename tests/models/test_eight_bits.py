"""Weights that were rounded to 8 bits come back as 8 bits in ONNX files."""

import numpy as np

from models.export import eight_bits


def rounded(array, axis):
    others = tuple(at for at in range(array.ndim) if at != axis % array.ndim)
    scale = np.abs(array).max(axis=others, keepdims=True) / 127
    return (np.round(array / scale) * scale).astype(np.float32)


def test_rounded_weights_are_found_again_along_either_axis(rng):
    for shape, axis in (((64, 48), -1), ((48, 3, 3, 32), 0)):
        weights = rounded(rng.normal(size=shape), axis)
        steps, scale = eight_bits(weights)
        assert steps.dtype == np.int8 and np.abs(steps).max() == 127
        np.testing.assert_allclose(steps * scale, weights, atol=1e-6)


def test_other_weights_are_left_alone(rng):
    assert eight_bits(rng.normal(size=(64, 48)).astype(np.float32)) is None
    assert eight_bits(rng.normal(size=256).astype(np.float32)) is None
    assert eight_bits(rounded(rng.normal(size=(256, 2)), 0)) is None
