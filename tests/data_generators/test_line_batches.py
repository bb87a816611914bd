"""Batches of lines: every line once an epoch, neighbours of about one width, the same after any resume."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.source import BaseSource
from base.types import Sample
from data_generators.line_batches import LineBatches, LineShape
from preprocessing.charset import Charset
from utils.shuffling import shuffled


class Numbered(BaseSource):
    """Lines whose text is their index and whose width depends on it."""

    def __init__(self, count):
        super().__init__({}, "train")
        self.count = count

    def __len__(self):
        return self.count

    def sample(self, index, rng, canvas_HW=None):
        image = np.full((32, 40 + 7 * (index % 50)), 240, np.uint8)
        image[8:24, 5:-5] = 20
        return Sample(image, str(index))

    def fingerprint(self):
        return "numbered"


def batches(count=200, **shape):
    return LineBatches(Numbered(count), Charset.of(["0123456789"]), LineShape(batch_size=4, window=10, **shape), seed=1)


@given(length=st.integers(1, 3000), seed=st.integers(0, 99))
def test_an_order_without_memory_is_a_permutation(length, seed):
    places = [shuffled(position, length, seed) for position in range(length)]
    assert sorted(places) == list(range(length))


def test_orders_differ_by_seed():
    assert [shuffled(n, 100, 1) for n in range(100)] != [shuffled(n, 100, 2) for n in range(100)]
    assert abs(np.corrcoef(range(1000), [shuffled(n, 1000, 1) for n in range(1000)])[0, 1]) < 0.1


def read(lines, batch):
    return [lines.charset.decode(row) for row in batch.labels]


def test_an_epoch_has_every_line_once_and_batches_are_of_one_width():
    lines = batches(strength="none", multiple_px=1)
    seen, waste = [], []
    for step in range(50):
        batch = lines.batch(step)
        seen += [int(text) for text in read(lines, batch)]
        waste.append(1 - batch.widths.mean() / batch.images.shape[2])
    assert sorted(seen) == list(range(200))
    assert np.mean(waste) < 0.08
    assert sorted(int(text) for step in range(50, 100) for text in read(lines, lines.batch(step))) == list(range(200))


def test_a_step_is_the_same_whenever_it_is_asked_for():
    first, second = batches(strength="strong"), batches(strength="strong")
    expected = [first.batch(step) for step in range(12)]
    for step in (11, 3):
        again = second.batch(step)
        np.testing.assert_array_equal(expected[step].images, again.images)
        np.testing.assert_array_equal(expected[step].labels, again.labels)


@pytest.mark.parametrize("height", [32, 48])
def test_lines_are_scaled_and_padded_with_white(height):
    batch = batches(strength="none", height_px=height, multiple_px=64).batch(0)
    assert batch.images.dtype == np.uint8 and batch.images.shape[1] == height and batch.images.shape[2] % 64 == 0
    for image, width in zip(batch.images, batch.widths, strict=True):
        assert (image[:, width:] == 255).all()
    assert (batch.lengths == (batch.labels > 0).sum(axis=1)).all()
