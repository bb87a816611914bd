"""Lines cut out of pages, whatever their outlines say."""

import numpy as np
import pytest

from preprocessing.pages.line_cutting import cut_line

BASELINE = np.array([[60.0, 120.0], [420.0, 124.0]])
OUTLINE = np.array([[50.0, 90.0], [430.0, 92.0], [430.0, 136.0], [50.0, 134.0]])


@pytest.fixture
def page():
    page = np.full((300, 500), 235, np.uint8)
    page[105:122, 60:420:9] = 30
    return page


@pytest.mark.parametrize("point", [(50_000.0, 110.0), (30_000.0, 30_000.0), (-40_000.0, 110.0), (1e12, -1e12)])
@pytest.mark.parametrize("baseline", [BASELINE, None])
def test_a_point_far_outside_costs_no_memory_and_loses_no_line(page, point, baseline):
    line = cut_line(page, np.insert(OUTLINE, 2 if point[0] > 0 else 4, point, axis=0), baseline)
    assert line.size < 4 * page.size
    assert (line < 100).sum() > 0.8 * (page < 100).sum()


def test_a_baseline_that_leaves_the_page_is_cut_off(page):
    line = cut_line(page, None, np.array([[60.0, 122.0], [90_000.0, 124.0]]), default_height=50.0)
    assert line.shape[1] < 2 * page.shape[1]


def test_a_line_that_is_larger_than_its_page_is_none(page):
    zigzag = np.array([[20.0 + 460 * (step % 2), 100.0 + step % 7] for step in range(300)])
    with pytest.raises(ValueError, match="larger than its page"):
        cut_line(page, OUTLINE, zigzag)


def test_a_sane_line_is_cut_as_it_was(page):
    line = cut_line(page, OUTLINE, BASELINE)
    assert 40 <= line.shape[0] <= 50
    assert 375 <= line.shape[1] <= 390
