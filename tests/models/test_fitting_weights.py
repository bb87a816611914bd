"""Weights of a network that is not quite the same: lines of another height."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import TINY_LINES, config

pytestmark = pytest.mark.backend


@given(rows=st.integers(1, 6), wanted=st.integers(1, 6), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_an_even_picture_gets_the_same_answer_at_any_height(rows, wanted, seed):
    from models.families.reader import stretch_rows

    kernel = np.random.default_rng(seed).normal(size=(rows, 1, 3, 2)).astype(np.float32)
    stretched = stretch_rows(kernel, wanted)
    assert stretched.shape == (wanted, 1, 3, 2)
    np.testing.assert_allclose(stretched.sum(axis=0), kernel.sum(axis=0), atol=1e-5)
    np.testing.assert_allclose(stretch_rows(kernel, rows), kernel, atol=1e-6)


def test_all_weights_fit_a_reader_of_lower_lines():
    from base.registry import MODELS

    tall, low = (
        MODELS.get("conv_ctc")(config(*TINY_LINES, f"model.height_px={height}", "model.charset=abc").model) for height in (64, 48)
    )
    assert low.take_fitting_weights(tall.weights(), tall.facts()) == []
    ours, theirs = low.weights(), tall.weights()
    changed = [name for name in ours if ours[name].shape != theirs[name].shape]
    assert len(changed) == 1
    np.testing.assert_allclose(ours[changed[0]].sum(axis=0), theirs[changed[0]].sum(axis=0), atol=1e-4)
