"""Filling with paper, thresholds, tone curves, classical competitors."""

import numpy as np

from preprocessing.augment import bleach, change_tones
from preprocessing.binarise import local_mean_std, paper_tone, sauvola
from preprocessing.inpaint import estimate_paper, fill_with_paper
from preprocessing.rule_removal import hough_lines, opened_lines


def test_erased_strokes_become_the_paper_around_them(rng):
    page = np.clip(200 + np.linspace(0, 30, 120)[None, :, None] + rng.normal(0, 2, (80, 120, 1)), 0, 255).astype(np.uint8)
    paper = page.copy()
    erased = np.zeros((80, 120), bool)
    erased[40:43] = True
    page[40:43] = 60
    filled = fill_with_paper(page, erased, np.zeros_like(erased))
    assert np.abs(filled[40:43].astype(float) - paper[40:43]).mean() < 6
    assert (filled[:38] == page[:38]).all()


def test_text_keeps_every_pixel(rng):
    page = np.full((60, 60, 1), 220, np.uint8)
    page[:, 30:33] = 20
    page[30:32] = 90
    text = page[..., 0] == 20
    text[30:32, 30:33] = True
    erased = (page[..., 0] == 90) & ~text
    filled = fill_with_paper(page, erased, text)
    assert (filled[text] == page[text]).all()
    assert filled[erased].min() > 200


def test_nothing_erased_changes_nothing(rng):
    page = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
    nothing = np.zeros((20, 20), bool)
    assert (fill_with_paper(page, nothing, nothing) == page).all()


def test_images_smaller_than_the_grain_are_filled():
    for height, width in ((1, 1), (2, 50), (5, 3)):
        page = np.full((height, width, 1), 100, np.uint8)
        everything = np.ones((height, width), bool)
        assert fill_with_paper(page, everything, ~everything).shape == page.shape


def test_paper_is_estimated_where_none_is_left():
    page = np.full((20, 20, 1), 30, np.uint8)
    assert np.isfinite(estimate_paper(page, np.ones((20, 20), bool))).all()


def test_local_statistics_are_those_of_the_window(rng):
    image = rng.integers(0, 256, (21, 21), dtype=np.uint8)
    mean, std = local_mean_std(image, 5)
    window = image[8:13, 8:13].astype(float)
    assert abs(mean[10, 10] - window.mean()) < 1e-3
    assert abs(std[10, 10] - window.std()) < 1e-2


def test_sauvola_finds_ink_on_uneven_light(ruled_line):
    light = np.linspace(0.5, 1.0, ruled_line.shape[1])[None]
    ink = sauvola((ruled_line * light).astype(np.uint8))
    assert ink[30, 20:23].all()
    assert not ink[5:15].any()


def test_bleaching_makes_paper_white(ruled_line, rng):
    curve = bleach(rng, paper_tone(ruled_line))
    assert curve[230] == 255
    assert (np.diff(curve.astype(int)) >= 0).all()


def test_tone_changes_follow_the_dice(ruled_line):
    first, again = (change_tones(np.random.default_rng(5), ruled_line) for _ in range(2))
    assert (first == again).all()
    assert first.dtype == np.uint8


def test_classical_competitors_find_the_rule_and_spare_most_strokes(ruled_line):
    for find in (hough_lines, opened_lines):
        found = find(ruled_line)
        assert found[45:47].mean() > 0.6, find.__name__
        assert found[22:40].mean() < 0.05, find.__name__
