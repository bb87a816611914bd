"""From maps to lines, their outlines and their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.types import LayoutInk, PageLine
from preprocessing.pages.baselines import FoundLine, find_lines
from preprocessing.pages.layout_maps import draw_maps
from preprocessing.pages.outlines import outlines
from preprocessing.pages.projection_lines import projection_lines
from preprocessing.pages.reading_order import columns_of, reading_order
from preprocessing.pages.skew import Turn, estimate_skew
from utils.metrics.baselines import compare_baselines


def level(left, right, y, x_height=10.0):
    return FoundLine(np.array([[left, y], [right, y]], float), x_height, 1.0)


def names(lines):
    """Lines by where they begin."""
    return [tuple(line.baseline[0]) for line in lines]


def chances(lines, page_HW=(400, 500)):
    """The maps of a network that is always right."""
    bits = draw_maps(lines, page_HW)
    return np.stack([(bits & int(kind)) != 0 for kind in LayoutInk], axis=-1).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(20, 120), st.floats(150, 330), st.floats(-0.06, 0.06), st.floats(0, 6)), min_size=1, max_size=9),
    st.floats(7, 13),
)
def test_true_maps_give_the_true_lines(shapes, x_height):
    lines = []
    for number, (left, length, slope, bend) in enumerate(shapes):
        x = np.linspace(left, left + length, 12)
        y = 40 + 38 * number + slope * (x - 250) + bend * np.sin(x / 60)
        lines.append(PageLine(np.stack([x, y], axis=1), x_height))
    found = find_lines(chances(lines))
    counts = compare_baselines([line.baseline for line in lines], [line.baseline for line in found])
    assert (counts.hits, counts.found) == (len(lines), len(lines))
    assert counts.covered / len(lines) > 0.97
    heights = [line.x_height for line in found]
    assert np.median(heights) == pytest.approx(x_height, abs=2.5)


def test_a_gap_is_bridged_but_not_where_both_lines_end():
    whole = PageLine(np.array([[40.0, 100.0], [440.0, 100.0]]), 10.0)
    maps = chances([whole])
    maps[:, 230:250] = 0.0  # the network missed a few pixels
    assert len(find_lines(maps)) == 1
    parts = [
        PageLine(np.array([[40.0, 100.0], [225.0, 100.0]]), 10.0),
        PageLine(np.array([[250.0, 100.0], [440.0, 100.0]]), 10.0),
    ]
    assert len(find_lines(chances(parts))) == 2


def test_a_blank_page_has_no_lines():
    assert find_lines(np.zeros((64, 64, 3), np.float32)) == []
    assert reading_order([]) == []
    assert projection_lines(np.full((300, 300), 255, np.uint8)) == []


def test_columns_are_read_one_after_the_other():
    left = [level(50, 240, 100 + 30 * row) for row in range(5)]
    right = [level(280, 470, 95 + 30 * row) for row in range(5)]
    title = level(60, 460, 50)
    mixed = [right[3], left[0], title, right[0], left[4], left[1], right[1], right[4], left[2], left[3], right[2]]
    order = [mixed[place] for place in reading_order(mixed)]
    assert names(order) == names([title, *left, *right])
    blocks = columns_of(order, range(len(order)))
    assert [len(block) for block in blocks] == [6, 5]


def test_a_date_at_the_right_comes_before_the_text_below():
    date, salutation = level(300, 460, 40), level(60, 200, 90)
    body = [level(60, 460, 140 + 30 * row) for row in range(4)]
    lines = [*reversed(body), salutation, date]
    assert names(lines[place] for place in reading_order(lines)) == names([date, salutation, *body])


def test_what_runs_across_parts_columns():
    upper = [level(50, 240, 100), level(50, 240, 130), level(280, 470, 102), level(280, 470, 131)]
    lower = [level(50, 240, 200), level(50, 240, 230), level(280, 470, 202), level(280, 470, 231)]
    across = level(60, 460, 165)
    lines = [lower[2], across, upper[3], lower[0], upper[0], lower[3], upper[1], lower[1], upper[2]]
    assert names(lines[place] for place in reading_order(lines)) == names([*upper, across, *lower])


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)))
def test_the_order_does_not_depend_on_how_lines_come(places):
    lines = [level(50, 240, 100 + 30 * row) for row in range(3)] + [level(280, 470, 95 + 30 * row) for row in range(3)]
    mixed = [lines[place] for place in places]
    assert names(mixed[place] for place in reading_order(mixed)) == names(lines)


def test_outlines_keep_neighbours_apart():
    page = np.full((300, 500), 255, np.uint8)
    lines = [level(50, 450, 100, 14), level(50, 450, 150, 14)]
    for line in lines:
        y = int(line.baseline[0, 1])
        for x in range(60, 440, 12):
            page[y - 14 : y, x : x + 3] = 20
    page[100:118, 200:204] = 20  # a long descender of the upper line
    upper, lower = outlines(page, lines)
    inside = (upper[:, 0] > 195) & (upper[:, 0] < 210)
    assert upper[inside, 1].max() >= 117  # the descender is the upper line's
    top_of_lower = lower[(lower[:, 1] < 140)]
    assert top_of_lower[:, 1].min() > 105
    for polygon in (upper, lower):
        assert polygon[:, 0].min() < 50 and polygon[:, 0].max() > 450


@pytest.mark.parametrize("degrees", [-12.0, -3.0, 0.0, 4.0, 11.0])
def test_skew_is_found_and_turned_back(degrees):
    page = np.full((500, 400), 255, np.uint8)
    for y in range(80, 420, 30):
        for x in range(40, 360, 14):
            page[y - 8 : y, x : x + 8] = 30
    turned = Turn(page.shape, degrees)
    assert estimate_skew(turned.image(page)) == pytest.approx(degrees, abs=1.0)
    corner = np.array([[40.0, 80.0]])
    there = corner @ turned.matrix[:, :2].T + turned.matrix[:, 2]
    np.testing.assert_allclose(turned.back(there), corner, atol=1e-6)


def test_projection_finds_plain_lines():
    page = np.full((500, 400), 255, np.uint8)
    rows = list(range(80, 420, 40))
    for y in rows:
        for x in range(40, 360, 14):
            page[y - 14 : y, x : x + 8] = 30
    truth = [np.array([[40.0, y], [358.0, y]]) for y in rows]
    counts = compare_baselines(truth, [line.baseline for line in projection_lines(page)])
    assert counts.hits == len(rows) == counts.found


def test_baselines_are_counted_once():
    truth = [np.array([[0.0, 100], [400, 100]]), np.array([[0.0, 160], [400, 160]])]
    halves = [np.array([[0.0, 102], [150, 102]]), np.array([[260.0, 99], [400, 99]])]
    counts = compare_baselines(truth, halves)
    assert (counts.hits, counts.found, counts.present) == (0, 2, 2)  # neither half covers half of the line
    counts = compare_baselines(truth, [np.array([[0.0, 104], [250, 104]]), np.array([[0.0, 96], [400, 96]])])
    assert counts.hits == 1 and counts.metrics()["line_recall"] == 0.5
    far = compare_baselines(truth, [np.array([[0.0, 65], [400, 65]])])
    assert far.hits == 0
    assert compare_baselines([], []).metrics()["line_f1"] == 0.0
