"""Batches made in threads or in processes: the same ones, in their order."""

import numpy as np
import pytest

from tests.conftest import TINY_LINES, config


def batches(printed_lines, workers, first=5, count=6):
    from data_generators.lines import LinesData

    cfg = config(*TINY_LINES, f"data.root={printed_lines}", "trainer.lines.strength=strong")
    data = LinesData.of(cfg, "train")
    dataset = data.dataset(first, count, workers)
    shown = list(dataset)  # what Keras looks at before it begins
    assert {pair[0]["image"].shape for pair in shown} == {
        (data.batches.shape.lines_of(bucket), 32, bucket, 1) for bucket in data.batches.shape.buckets
    }
    return [(inputs["image"].copy(), targets["labels"].copy()) for inputs, targets in dataset]


@pytest.mark.slow
def test_processes_make_the_batches_that_threads_make(printed_lines):
    expected = batches(printed_lines, 0)
    assert len(expected) == 6
    for workers in (1, 3):
        made = batches(printed_lines, workers)
        assert len(made) == len(expected)
        for (image, labels), (same_image, same_labels) in zip(made, expected, strict=True):
            np.testing.assert_array_equal(image, same_image)
            np.testing.assert_array_equal(labels, same_labels)
