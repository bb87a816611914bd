"""Jamo that were read in a line, as syllables."""

import unicodedata

import numpy as np
import pytest

from predictors.reading.confidence import LineReading, Span, composed


def reading(text):
    spans = [Span(character, 0.9, 10.0 * place, 10.0 * place + 9) for place, character in enumerate(text)]
    return LineReading(text, 0.9, 10.0 * len(text), [(text, 0.1)], spans, [])


def test_syllables_stand_where_their_jamo_stand():
    jamo = unicodedata.normalize("NFD", "각 a나")
    found = composed(reading(jamo))
    assert found.text == "각 a나" and found.alternatives[0][0] == "각 a나"
    assert [span.text for span in found.characters] == list("각 a나")
    first = found.characters[0]
    assert (first.left, first.right) == (0.0, 29.0) and first.confidence == pytest.approx(0.9**3)
    assert [word.text for word in found.words] == ["각", "a나"]
    assert found.confidence == pytest.approx(np.mean([word.confidence for word in found.words]))


def test_jamo_that_make_no_syllable_stand_alone():
    assert composed(reading("\u1100\u1100\u1161\u1169\u11aa")).text == "ㄱ가ㅗㄳ"


def test_nothing_read_is_nothing():
    assert composed(LineReading("", 0.7)).confidence == 0.7
