"""Strokes cover what geometry says they cover."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.types import Ink
from data_generators.synthesis.ranges import split_of, stable_fraction
from data_generators.synthesis.strokes import SoilCanvas, StrokeRanges, dashes, draw_dimming, draw_stroke

PLAIN = StrokeRanges(
    thickness_px=(2, 2), contrast=(0.5, 0.5), fade=(0, 0), breaks_per_1000px=(0, 0), break_px=(1, 1),
    tilt_degrees=(0, 0), curvature_px=(0, 0), hue_degrees=(0, 0), saturation=(0, 0),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.floats(0.6, 6), st.floats(-5, 5), st.integers(0, 1000))
def test_a_stroke_covers_its_area(thickness, tilt, seed):
    coverage = draw_stroke(np.random.default_rng(seed), 200, PLAIN, thickness_px=thickness, tilt_degrees=tilt).coverage
    assert coverage.min() >= 0
    assert coverage.max() <= 1
    per_column = coverage.sum(axis=0)
    assert (per_column > 0.85 * thickness).all()
    assert (per_column < 1.15 * thickness).all()


def test_a_mask_is_coverage_of_a_quarter():
    canvas = SoilCanvas.blank((4, 4), 1)
    coverage = np.array([[0.0, 0.24, 0.25, 1.0]], np.float32)
    canvas.lay(coverage, 1, 0, np.array([0.5], np.float32), Ink.RULES)
    assert canvas.ink[1].tolist() == [0, 0, Ink.RULES, Ink.RULES]
    np.testing.assert_allclose(canvas.light[1, :, 0], [1, 0.88, 0.875, 0.5])


@given(st.integers(-30, 30), st.integers(-30, 30))
def test_layers_are_cut_at_the_canvas(top, left):
    canvas = SoilCanvas.blank((10, 12), 1)
    canvas.lay(np.ones((7, 9), np.float32), top, left, np.array([0.5], np.float32), Ink.STAINS)
    rows = max(0, min(10, top + 7) - max(0, top))
    columns = max(0, min(12, left + 9) - max(0, left))
    assert np.count_nonzero(canvas.ink) == rows * columns


def test_fading_ink_is_paler_and_no_smaller():
    canvas = SoilCanvas.blank((1, 2), 1)
    canvas.lay(np.ones((1, 2), np.float32), 0, 0, np.array([0.5], np.float32), Ink.RULES, np.array([[1.0, 0.2]], np.float32))
    assert canvas.ink.tolist() == [[Ink.RULES, Ink.RULES]]
    np.testing.assert_allclose(canvas.light[0, :, 0], [0.5, 0.9])


def test_layers_multiply_in_any_order():
    first, second = np.full((4, 4), 0.5, np.float32), np.full((4, 4), 0.8, np.float32)
    lights = []
    for order in ((first, second), (second, first)):
        canvas = SoilCanvas.blank((4, 4), 3)
        for layer in order:
            canvas.lay(layer, 0, 0, np.array([0.3, 0.6, 0.9], np.float32), Ink.RULES)
        lights.append(canvas.light)
    np.testing.assert_allclose(*lights, rtol=1e-6)


def test_grey_is_the_luma_of_the_colour():
    ranges = StrokeRanges(**{**PLAIN.__dict__, "hue_degrees": (0, 360), "saturation": (0, 1)})
    rgb = draw_dimming(np.random.default_rng(4), ranges, 3)
    grey = draw_dimming(np.random.default_rng(4), ranges, 1)
    assert grey[0] == pytest.approx(rgb @ [0.299, 0.587, 0.114], rel=1e-5)


def test_red_ink_lets_red_light_through():
    ranges = StrokeRanges(**{**PLAIN.__dict__, "hue_degrees": (0, 0), "saturation": (1, 1)})
    red, green, blue = draw_dimming(np.random.default_rng(0), ranges, 3)
    assert red < 0.01
    assert green == pytest.approx(0.5)
    assert blue == pytest.approx(0.5)


def test_dashes_alternate():
    pattern = dashes(100, 6, 4)
    assert pattern.mean() == pytest.approx(0.6, abs=0.05)
    assert pattern.min() == 0
    assert pattern.max() == 1


@given(st.text(min_size=1, max_size=20))
def test_a_name_falls_into_one_split(name):
    assert 0 <= stable_fraction(name) < 1
    assert split_of(name) in ("train", "val", "test")
    assert split_of(name) == split_of(name)
