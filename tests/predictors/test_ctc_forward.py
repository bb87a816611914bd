"""The probability of given texts under CTC against all alignments."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors.decoders.search.ctc_forward import ctc_log_probabilities


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 5), text=st.lists(st.integers(1, 2), max_size=3))
def test_it_is_the_sum_over_all_alignments(seed, frames, text):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(2, 6, 3))
    scores -= np.logaddexp.reduce(scores, axis=2, keepdims=True)
    labels = np.zeros((2, 2, 3), np.int64)
    labels[1, 1, : len(text)] = text
    lengths = np.zeros((2, 2), int)
    lengths[1, 1] = len(text)
    answer = ctc_log_probabilities(scores, np.array([6, frames]), labels, lengths)
    paths = itertools.product(range(3), repeat=frames)
    alike = [path for path in paths if [c for c, _ in itertools.groupby(path) if c] == text]
    expected = (
        np.logaddexp.reduce([sum(scores[1, frame, c] for frame, c in enumerate(path)) for path in alike]) if alike else -np.inf
    )
    if alike:
        np.testing.assert_allclose(answer[1, 1], expected, atol=1e-9)
    else:
        assert answer[1, 1] < -1e20
    np.testing.assert_allclose(answer[0, 0], scores[0, :, 0].sum(), atol=1e-9)
