"""The best answers, exactly."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from predictors.hangul import top_places


@settings(max_examples=60)
@given(arrays(np.float32, (2, 30), elements=st.integers(-5, 5).map(float)), st.integers(1, 30), st.data())
def test_the_best_are_the_best(scores, n, data):
    among = data.draw(
        st.none() | st.lists(st.integers(0, 29), min_size=n, max_size=30, unique=True).map(lambda x: np.array(sorted(x)))
    )
    places = top_places(scores, n, among)
    allowed = list(range(30)) if among is None else among.tolist()
    for row, found in zip(scores, places, strict=True):
        assert found.tolist() == sorted(allowed, key=lambda place: (-row[place], place))[:n]
