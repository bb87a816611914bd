"""What ships answers alike, whatever lies beside it in a batch."""

import numpy as np
import pytest

from base.bundle import PRETRAINED
from predictors import load
from tests.conftest import draw_line

READERS = [("lines", "lines"), ("lines", "lines_synthetic"), ("lines", "lines_korean"), ("words", "words")]
TEXTS = {"lines": ("the house on the hill", "a line that is a good deal wider"), "words": ("house", "housewives")}


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(("task", "bundle"), READERS)
def test_a_wider_companion_changes_nothing(task, bundle, precision):
    """Of the shipped weights, by Keras; in bfloat16 but for the rounding of batches of another shape."""
    runtime = {"precision": precision, "threads": 2}
    reader = load(task, str(PRETRAINED / bundle), engine="keras", runtime=runtime, decoder={"name": "greedy"})
    line, wide = (reader.prepare(draw_line(text, size=40)).image for text in TEXTS[task])
    assert line.shape[1] < wide.shape[1] < 1.8 * line.shape[1], "they would not share a batch"
    (alone,), (together, _) = reader.outputs([line]), reader.outputs([line, wide])
    alone, together = reader.texts.read(alone), reader.texts.read(together)
    near = 1e-4 if precision == "float32" else 0.02
    np.testing.assert_allclose(together.logits, alone.logits, atol=near * np.abs(alone.logits).max())
    assert together.readings[0].text == alone.readings[0].text
