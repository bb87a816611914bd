"""Pictures of lines before they are read: light, size, margins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.types import Ink
from preprocessing.line_image import Frame, level_paper, scale_line, trim_to_line, width_at
from preprocessing.text.rules import CHOICES, TextRules
from preprocessing.tones import tones_at


def line(height=64, width=400, tone=230, ink=60):
    image = np.full((height, width), tone, np.uint8)
    for column in range(20, width - 20, 16):
        image[height // 3 : 2 * height // 3, column : column + 3] = ink
    return image


def test_uneven_light_goes_and_ink_becomes_black():
    image = line()
    lit = (image * np.linspace(0.4, 1.0, 400)[None]).astype(np.uint8)
    level = level_paper(lit)
    inked = image < 100
    assert level[inked].mean() < 30
    assert level[~inked].mean() > 245


def test_what_is_level_already_stays():
    image = line(tone=255, ink=0)
    np.testing.assert_array_equal(level_paper(image), image)


@pytest.mark.parametrize("tone", [0, 7, 128, 255])
def test_blank_paper_of_any_tone_is_white(tone):
    assert (level_paper(np.full((64, 200), tone, np.uint8)) == 255).all()


@given(height=st.integers(1, 90), width=st.integers(1, 300), seed=st.integers(0, 9))
def test_any_picture_can_be_levelled(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    level = level_paper(image)
    assert level.shape == image.shape
    assert level.dtype == np.uint8


def test_much_blank_paper_is_cut_away_and_a_usual_crop_is_not():
    usual = line()
    assert trim_to_line(usual).shape == usual.shape
    loose = np.full((600, 400), 230, np.uint8)
    loose[200:264] = usual
    trimmed = trim_to_line(loose)
    assert (trimmed < 100).sum() == (loose < 100).sum()
    assert trimmed.shape[0] < 64
    blank = np.full((600, 400), 230, np.uint8)
    assert trim_to_line(blank).shape == blank.shape


@given(seed=st.integers(0, 50), zoom=st.floats(0.6, 1.4), stretch=st.floats(0.7, 1.3))
def test_another_crop_has_the_height_that_is_asked_for(seed, zoom, stretch):
    frame = Frame.draw(np.random.default_rng(seed), line().shape, 48, zoom=zoom, stretch=stretch)
    framed = frame.image(line())
    assert framed.shape == (48, round(width_at(line().shape, round(48 * zoom)) * stretch))
    assert (framed < 128).any()
    ink = np.where(line() < 128, np.uint8(Ink.TEXT | Ink.RULES), np.uint8(0))
    marked = frame.mask(ink)
    assert set(np.unique(marked)) == {0, Ink.TEXT | Ink.RULES}  # bits are never mixed
    assert ((marked != 0) == (framed < 128)).mean() > 0.95


def test_a_crop_without_change_is_the_scaled_line():
    image = line()
    framed = Frame.draw(np.random.default_rng(0), image.shape, 32, zoom=1.0, stretch=1.0).image(image)
    np.testing.assert_array_equal(framed, scale_line(image, 32, width_at(image.shape, 32)))


@pytest.mark.parametrize(
    ("rules", "written", "expected"),
    [
        ({}, "Maiſon — l’œuvre « é »", "Maiſon — l’œuvre « é »"),
        ({"long_s": "round"}, "Maiſon", "Maison"),
        ({"quotes": "straight"}, "l’a “b” «c» ‹d›", 'l\'a "b" "c" \'d\''),
        ({"dashes": "hyphen"}, "a—b–c‑d", "a-b-c-d"),
        ({"ligatures": "split"}, "œuvre Æ ﬁn", "oeuvre AE fin"),
        ({}, "  e\u0301te\u0301 \n x ", "été x"),
    ],
)
def test_texts_are_spelled_by_rules(rules, written, expected):
    assert TextRules(**rules).apply(written) == expected


def test_every_rule_can_be_applied_twice():
    text = "ſ’‘“”«»–—−œÆﬁ"
    for name, choices in CHOICES.items():
        for choice in choices:
            rules = TextRules(**{name: choice})
            assert rules.apply(rules.apply(text)) == rules.apply(text)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_tones_are_counted_as_they_are_sorted(seed, height, width):
    grey = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)[:, ::2]
    shares = [0.005, 0.25, 0.5, 0.99]
    assert tones_at(grey, shares) == np.quantile(grey, shares, method="inverted_cdf").tolist()
