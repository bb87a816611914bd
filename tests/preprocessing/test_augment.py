"""Views of lines: boxes and masks move with the image, and the random numbers decide alone."""

import numpy as np
import pytest

from base.types import Ink
from preprocessing.augment import STRENGTHS, augment, change_tones


@pytest.fixture
def line():
    image = np.full((64, 400), 230, np.uint8)
    mask = np.zeros_like(image)
    image[20:44, 150:210] = 20
    mask[20:44, 150:210] = Ink.TEXT
    return image, mask, np.array([[150.0, 20.0, 210.0, 44.0]])


@pytest.mark.parametrize("strength", STRENGTHS)
def test_boxes_and_masks_follow(line, strength):
    image, mask, boxes = line
    moved = 0
    for seed in range(40):
        view = augment(np.random.default_rng(seed), image, strength, mask, boxes)
        assert view.image.shape == image.shape and view.image.dtype == np.uint8
        ys, xs = np.nonzero(view.mask & Ink.TEXT)
        left, top, right, bottom = view.boxes[0]
        tolerance = 4 if strength == "strong" else 2  # elastic distortion moves a box's edges between its corners too
        assert left - tolerance <= xs.min() and xs.max() <= right + tolerance
        assert top - tolerance <= ys.min() and ys.max() <= bottom + tolerance
        assert set(np.unique(view.mask & ~np.uint8(Ink.TEXT))) <= {0, Ink.UNSURE}  # under a blank patch nobody knows
        moved += not np.array_equal(view.boxes, boxes)
    assert moved > 8 if strength != "none" else moved == 0


@pytest.mark.parametrize("strength", STRENGTHS)
def test_what_is_given_stays_as_it_was(line, strength):
    """Arrays that nobody may write into, as those of a file that is mapped into memory, are views of too."""
    image, mask, boxes = line
    before = image.copy(), mask.copy(), boxes.copy()
    for array in line:
        array.flags.writeable = False
    for seed in range(40):
        augment(np.random.default_rng(seed), image, strength, mask, boxes)
        change_tones(np.random.default_rng(seed), image)
    for array, expected in zip(line, before, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_tones_change_in_all_ways():
    """Each change is drawn by itself: gamma alone, fewer levels alone, both, neither, each about as often as it should."""
    ramp = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
    levels, brighter = [], []
    for seed in range(400):
        changed = change_tones(np.random.default_rng(seed), ramp)
        levels.append(len(np.unique(changed)) <= 32)
        brighter.append(not np.array_equal(changed, ramp) and not np.array_equal(changed & 0xF0, ramp & 0xF0))
    posterized, gamma = np.array(levels), np.array(brighter)
    for part in (posterized, gamma):
        assert 0.2 < part.mean() < 0.42
    assert (posterized & ~gamma).mean() > 0.12
    assert (gamma & ~posterized).mean() > 0.12
    assert (gamma & posterized).mean() > 0.04


def test_the_same_random_numbers_give_the_same_view(line):
    image, _, _ = line
    first = [augment(np.random.default_rng(seed), image, "strong").image for seed in range(10)]
    again = [augment(np.random.default_rng(seed), image, "strong").image for seed in reversed(range(10))][::-1]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one is not other
    assert len({view.tobytes() for view in first}) == 10


def test_strong_changes_more_than_weak(line):
    image, _, _ = line

    def change(strength):
        views = [augment(np.random.default_rng(seed), image, strength).image.astype(int) for seed in range(60)]
        return np.mean([np.abs(view - image).mean() for view in views])

    assert change("strong") > 1.5 * change("weak") > 0
