"""Lines cut out of pages, whatever their outlines say."""

import cv2
import numpy as np
import pytest

from preprocessing.pages.line_cutting import cut_line, extent
from tests.conftest import draw_line

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


def turned(degrees, baseline_runs_back=False):
    """A page with a line that is turned about its middle, the line's outline and baseline there, and the line as it was."""
    line = draw_line("bees hum at noon", size=40)
    height, width = line.shape
    page = np.full((900, 900), 255, np.uint8)
    left, top = (900 - width) // 2, (900 - height) // 2
    page[top : top + height, left : left + width] = line
    corner = np.array([left, top], float)
    corners = corner + np.array([[0, 0], [width, 0], [width, height], [0, height]])
    baseline = corner + np.array([[0, 0.75 * height], [width, 0.75 * height]])
    matrix = cv2.getRotationMatrix2D((450, 450), degrees, 1.0)
    page = cv2.warpAffine(page, matrix, (900, 900), borderValue=255)
    outline, baseline = (points @ matrix[:, :2].T + matrix[:, 2] for points in (corners, baseline))
    return page, outline, baseline[::-1] if baseline_runs_back else baseline, line


def likeness(cut, line):
    """The correlation of two pictures, -1..1, of which one may have a rim."""
    return float(cv2.matchTemplate(np.pad(cut, 8, constant_values=255), line, cv2.TM_CCOEFF_NORMED).max())


@pytest.mark.parametrize("degrees", [0, 3, -3, 86, 90, 94, 180, 177, 266, 270, 274])
def test_a_line_is_cut_as_it_is_read_however_it_lies(degrees):
    page, outline, baseline, line = turned(degrees)
    assert likeness(cut_line(page, outline, baseline), line) > 0.8
    np.testing.assert_allclose(extent(outline, baseline), line.shape[::-1], atol=2)


@pytest.mark.parametrize("degrees", [0, 3, 86, 94, 266])
def test_the_side_of_the_outline_tells_where_a_baseline_was_drawn_backwards(degrees):
    page, outline, baseline, line = turned(degrees, baseline_runs_back=True)
    assert likeness(cut_line(page, outline, baseline), line) > 0.8


@pytest.mark.parametrize("degrees", [86, 94, 266, 274])
def test_the_direction_alone_tells_where_there_is_no_outline(degrees):
    page, _, baseline, line = turned(degrees)
    assert likeness(cut_line(page, None, baseline, default_height=1.2 * line.shape[0]), line) > 0.8
