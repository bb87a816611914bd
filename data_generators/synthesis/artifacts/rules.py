"""Artifacts made of straight strokes: rules, leaders, frames, grids; underlines and strike-throughs."""

import numpy as np

from base.types import WordBox
from data_generators.synthesis.artifacts.soiling import Soiling
from data_generators.synthesis.ranges import draw
from data_generators.synthesis.strokes import dashes


def single_rule(soiling: Soiling) -> None:
    """One ruled line, or a whole ruled sheet of them."""
    rows = soiling.rule_rows()
    if soiling.rng.random() < soiling.own["sheet_probability"]:
        for row in rows:
            soiling.across(row)
    else:
        left, right = _span(soiling, 0.3)
        soiling.across(float(soiling.rng.choice(rows)) if rows else soiling.page.height / 2, left, right)


def double_rule(soiling: Soiling) -> None:
    """Two rules close together."""
    row = float(soiling.rng.uniform(0.1, 0.95)) * soiling.page.height
    gap = soiling.take("gap_px") + soiling.thickness
    left, right = _span(soiling, 0.4)
    soiling.across(row, left, right)
    soiling.across(row + gap, left, right, thickness=soiling.thickness * soiling.rng.uniform(0.5, 1.5))


def dotted_leader(soiling: Soiling) -> None:
    """A row of dots to write on, as forms have."""
    left, right = _span(soiling, 0.3)
    dot = max(1.0, soiling.thickness)
    pattern = dashes(right - left, dot, max(1.5, soiling.take("gap_px")))
    soiling.across(_near_baseline(soiling), left, right, thickness=dot, pattern=pattern)


def dashed_leader(soiling: Soiling) -> None:
    """A row of dashes to write on."""
    left, right = _span(soiling, 0.3)
    pattern = dashes(right - left, soiling.take("dash_px"), soiling.take("gap_px"))
    soiling.across(_near_baseline(soiling), left, right, pattern=pattern)


def horizontal(soiling: Soiling) -> None:
    """One rule from edge to edge at a stated height, as in DeepErase's recipes; ``row`` is a fraction of the height."""
    soiling.across(soiling.take("row") * soiling.page.height)


def form_line(soiling: Soiling) -> None:
    """The line of a form below the text, seldom above it (DeepErase: 0.85 of the height, in 5% of cases 0.15)."""
    low, high = soiling.own["row"]
    row = draw(soiling.rng, (1.0 - high, 1.0 - low) if soiling.rng.random() < 0.05 else (low, high))
    soiling.across(row * soiling.page.height)


def margin(soiling: Soiling) -> None:
    """One or two upright rules, at the left or the right."""
    column = soiling.take("column") * soiling.page.width
    if soiling.rng.random() < 0.5:
        column = soiling.page.width - column
    soiling.down(column)
    if soiling.rng.random() < soiling.own["double_probability"]:
        soiling.down(column + soiling.take("gap_px") + soiling.thickness)


def box(soiling: Soiling) -> None:
    """A frame around the text."""
    _frame(soiling)


def comb(soiling: Soiling) -> None:
    """A frame with a tooth for each letter, as on forms."""
    left, top, right, bottom = _frame(soiling)
    pitch = max(6.0, soiling.take("pitch") * soiling.page.x_height)
    upper = top if soiling.rng.random() < 0.5 else bottom - soiling.rng.uniform(0.25, 0.6) * (bottom - top)
    for column in np.arange(left + pitch, right - 2, pitch):
        soiling.down(column, upper, bottom)


def grid(soiling: Soiling) -> None:
    """A table: a few rows and columns of different sizes."""
    height, width = soiling.page.height, soiling.page.width
    for row in soiling.rng.uniform(0, height, max(1, int(soiling.take("rows") * height / 100))):
        soiling.across(float(row))
    for column in soiling.rng.uniform(0, width, max(1, int(soiling.take("columns") * width / 300))):
        soiling.down(float(column))


def squared_paper(soiling: Soiling) -> None:
    """Squares all over; every few lines may be stronger."""
    pitch = max(7.0, soiling.take("pitch") * soiling.page.x_height)
    thin = min(soiling.thickness, 0.2 * pitch)
    start_y, start_x = soiling.rng.uniform(0, pitch, 2)
    for row in np.arange(start_y, soiling.page.height, pitch):
        soiling.across(row, thickness=thin)
    for column in np.arange(start_x, soiling.page.width, pitch):
        soiling.down(column, thickness=thin)


def underline(soiling: Soiling) -> None:
    """A stroke of the pen under one or several words."""
    word, last = _some_words(soiling)
    depth = soiling.rng.uniform(0.15, 0.6) * word.x_height
    soiling.across(word.baseline + depth, word.left - 2, last.right + 2)


def strike_through(soiling: Soiling) -> None:
    """One or two strokes of the pen through words."""
    word, last = _some_words(soiling)
    for _ in range(1 + int(soiling.rng.random() < 0.3)):
        row = word.baseline - soiling.rng.uniform(0.25, 0.75) * word.x_height
        soiling.across(row, word.left - 2, last.right + 2)


def _near_baseline(soiling: Soiling) -> float:
    return float(soiling.rng.choice(soiling.page.baselines)) + soiling.rng.uniform(-0.05, 0.5) * soiling.page.x_height


def _span(soiling: Soiling, partial: float) -> tuple[float, float]:
    """From edge to edge, or, with the given probability, a part of the width."""
    width = soiling.page.width
    if soiling.rng.random() >= partial:
        return 0.0, float(width)
    left = soiling.rng.uniform(0, 0.5) * width
    return left, left + soiling.rng.uniform(0.3, 0.9) * (width - left)


def _frame(soiling: Soiling) -> tuple[float, float, float, float]:
    height, width = soiling.page.height, soiling.page.width
    inset = soiling.own["inset"]
    left, right = draw(soiling.rng, inset) * width, width - draw(soiling.rng, inset) * width
    top, bottom = draw(soiling.rng, inset) * height, height - draw(soiling.rng, inset) * height
    soiling.across(top, left, right)
    soiling.across(bottom, left, right)
    soiling.down(left, top, bottom)
    soiling.down(right, top, bottom)
    return left, top, right, bottom


def _some_words(soiling: Soiling) -> tuple[WordBox, WordBox]:
    page, rng = soiling.page, soiling.rng
    if not page.words:
        left = rng.uniform(0, 0.6) * page.width
        right = left + rng.uniform(0.15, 0.4) * page.width
        guess = WordBox(left, right, float(rng.choice(page.baselines)), page.x_height)
        return guess, guess
    first = int(rng.integers(len(page.words)))
    last = first
    while last + 1 < len(page.words) and page.words[last + 1].left > page.words[last].left and rng.random() < 0.6:
        last += 1
    return page.words[first], page.words[last]
