"""Batches of lines: a few shapes, every line seen, the same after any resume."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.source import BaseSource
from base.types import Sample
from data_generators.batches.lines import LineBatches
from data_generators.batches.plan import LinePlan, LineShape
from data_generators.batches.shuffling import shuffled
from data_generators.sources.mixture import MixtureSource
from preprocessing.text.charset import Charset


class Numbered(BaseSource):
    """Lines whose text is their index and whose width depends on it."""

    def __init__(self, count, text=None):
        super().__init__({}, "train")
        self.count, self.written = count, text

    def __len__(self):
        return self.count

    def sample(self, index, rng, canvas_HW=None):
        image = np.full((32, 40 + 7 * (index % 50)), 240, np.uint8)
        image[8:24, 5:-5] = 20
        return Sample(image, self.written or str(index))

    def fingerprint(self):
        return "numbered"


BUCKETS = (64, 128, 192, 448)


def batches(count=200, **shape):
    shape = {"buckets": BUCKETS, "batch_px": 512, "window": 10, **shape}
    return LineBatches(Numbered(count), Charset.of(["0123456789"]), LineShape(**shape), seed=1)


@given(length=st.integers(1, 3000), seed=st.integers(0, 99))
@settings(deadline=None)
def test_an_order_without_memory_is_a_permutation(length, seed):
    places = [shuffled(position, length, seed) for position in range(length)]
    assert sorted(places) == list(range(length))


def test_orders_differ_by_seed():
    assert [shuffled(n, 100, 1) for n in range(100)] != [shuffled(n, 100, 2) for n in range(100)]
    assert abs(np.corrcoef(range(1000), [shuffled(n, 1000, 1) for n in range(1000)])[0, 1]) < 0.1


def read(lines, batch):
    return [lines.charset.decode(row) for row in batch.labels]


def test_all_lines_are_seen_in_batches_of_a_few_shapes():
    lines = batches(strength="none", height_px=32, window=200)
    seen, shapes = Counter(), set()
    for step in range(1000):
        batch = lines.batch(step)
        seen.update(int(text) for text in read(lines, batch))
        shapes.add((batch.images.shape, batch.labels.shape))
        assert batch.widths.max() <= batch.images.shape[2] and batch.lengths.max() <= batch.labels.shape[1]
    assert len(shapes) == len(BUCKETS)
    assert {images[0] * images[2] for images, _ in shapes} <= set(range(384, 513))  # about as many pixels in each
    assert set(seen) == set(range(200))
    assert min(seen.values()) > 0.4 * np.mean(list(seen.values()))


def test_of_several_stretches_the_one_that_wastes_least_is_taken():
    def waste(stretch):
        lines = batches(strength="none", height_px=32, stretch=stretch)
        made = [lines.batch(step) for step in range(60)]
        padded = sum(np.prod(batch.images.shape[:3:2]) for batch in made)
        return 1 - sum(batch.widths.sum() for batch in made) / padded

    assert waste((0.8, 1.2)) < 0.75 * waste((1.0, 1.0))


def test_signatures_differ_in_all_that_varies():
    lines = batches()
    first, second = (lines.blank(bucket) for bucket in (BUCKETS[0], BUCKETS[-1]))
    assert all(a != b for a, b in zip(first.labels.shape, second.labels.shape, strict=True))
    assert first.images.shape[0] != second.images.shape[0] and first.images.shape[2] != second.images.shape[2]
    assert {lines.batch(step).images.shape[2] for step in range(30)} <= set(BUCKETS)


def test_a_line_that_is_too_wide_is_squeezed():
    lines = batches(strength="none", height_px=32, buckets=(64, 128))
    widths = [width for step in range(40) for width in lines.batch(step).widths]
    assert max(widths) == 128


def test_a_mixture_changes_with_the_share_of_the_training():
    mixture = MixtureSource.of({"first": (Numbered(50, "1"), [1.0, 0.0]), "second": (Numbered(50, "2"), [0.0, 1.0])})
    shape = LineShape(buckets=BUCKETS, batch_px=512, window=2, strength="none")
    lines = LineBatches(mixture, Charset.of(["12"]), shape, seed=1, share=lambda step: min(1.0, step / 100))
    shares = [np.mean(lines.batch(step).labels[:, 0] == 2) for step in range(102)]
    assert shares[0] == 0 and shares[-1] == 1 and 0.3 < np.mean(shares) < 0.7


class Made(Numbered):
    """Lines whose texts are now and then longer than their estimated width says."""

    endless = True

    def size(self, index, rng):
        return 32, 60

    def sample(self, index, rng, canvas_HW=None):
        length = int(rng.choice([4, 60]))
        return Sample(np.full((32, 60 + 10 * length), 240, np.uint8), "7" * length)


def test_a_made_line_with_too_much_text_for_its_bucket_is_made_again():
    shape = LineShape(buckets=(64, 128), batch_px=512, window=4, strength="none", height_px=32)
    lines = LineBatches(Made(30), Charset.of(["7"]), shape, seed=1)
    for step in range(20):
        batch = lines.batch(step)
        assert (batch.lengths == 4).all() and (batch.widths >= 4 * 7).all()


def test_a_step_is_the_same_whenever_it_is_asked_for():
    first, second = batches(strength="strong"), batches(strength="strong")
    expected = [first.batch(step) for step in range(12)]
    for step in (11, 3):
        again = second.batch(step)
        np.testing.assert_array_equal(expected[step].images, again.images)
        np.testing.assert_array_equal(expected[step].labels, again.labels)


@pytest.mark.parametrize("height", [32, 48])
def test_lines_are_scaled_and_padded_with_white(height):
    batch = batches(strength="none", height_px=height).batch(0)
    assert batch.images.dtype == np.uint8 and batch.images.shape[1] == height and batch.images.shape[2] in BUCKETS
    for image, width in zip(batch.images, batch.widths, strict=True):
        assert (image[:, width:] == 255).all()
    assert (batch.lengths == (batch.labels > 0).sum(axis=1)).all()


def test_a_process_plans_its_share_of_the_lines_alone(monkeypatch):
    """Windows run side by side: of as many processes that take turns, each needs those of one stream."""
    planned = Counter()
    honest = LinePlan._plan
    monkeypatch.setattr(LinePlan, "_plan", lambda self, number: (planned.update([number]), honest(self, number))[1])
    lines = batches(strength="none", height_px=32, window=16, streams=8)
    for step in range(3, 16 * 8 * 3, 8):
        lines.batch(step)
    assert {number % 8 for number in planned} == {3}
    assert len(planned) <= 4 and set(planned.values()) == {1}
    seen = Counter(text for step in range(1600) for text in read(lines, lines.batch(step)))
    assert len(seen) == 200
