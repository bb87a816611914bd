"""Calibration, alignment of readings, spelling, tables of language models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import UserError
from predictors.decoders.search.spelling import Spelling
from predictors.decoders.search.words import read_words
from utils.metrics.alignment import confusions, right_parts
from utils.metrics.calibration import (
    accepted_errors,
    change_odds,
    expected_calibration_error,
    fit_odds,
    fit_temperature,
    reliability,
)


def test_honest_confidences_have_no_error(rng):
    confidences = rng.random(200_000)
    assert expected_calibration_error(confidences, rng.random(200_000) < confidences) < 0.01


def test_confidence_without_reason_is_found_out():
    assert expected_calibration_error(np.full(100, 0.9), np.arange(100) < 50) == pytest.approx(0.4)


def test_reliability_counts_every_value_once(rng):
    assert reliability(rng.random(500), np.ones(500))[:, 2].sum() == 500
    assert reliability(np.array([1.0, 0.0]), np.ones(2))[:, 2].sum() == 2


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_again(rng, truth):
    logits = rng.normal(size=(20_000, 6)) * 4
    chance = np.exp(logits / truth)
    chance /= chance.sum(axis=1, keepdims=True)
    classes = logits.argmax(axis=1)
    right = rng.random(len(classes)) < chance[np.arange(len(classes)), classes]
    assert fit_temperature(logits, classes, right) == pytest.approx(truth, rel=0.1)


def test_leaving_the_least_sure_lines_to_a_person_leaves_fewer_errors():
    curve = accepted_errors(np.array([0.9, 0.5, 0.8]), np.array([0, 5, 1]), np.array([10, 10, 10]))
    np.testing.assert_allclose(curve, [[0.9, 1 / 3, 0.0], [0.8, 2 / 3, 0.05], [0.5, 1.0, 0.2]])


def test_right_characters_and_words():
    assert right_parts("abxd", "abcd").tolist() == [True, True, False, True]
    assert right_parts(["the", "cot"], ["the", "cat"]).tolist() == [True, False]
    assert right_parts("", "abc").tolist() == []


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_confusions_are_as_many_as_edits(read, truth):
    from rapidfuzz.distance import Levenshtein

    assert sum(confusions([(read, truth)]).values()) == Levenshtein.distance(read, truth)


def test_spelling_is_corrected_where_one_word_is_close(tmp_path):
    words = tmp_path / "words.csv"
    words.write_text("word,count\nmaison,50\nsaison,9\nBonjour,3\n", encoding="utf-8")
    spelling = Spelling(str(words), 1)
    assert spelling.correct("La Maisom, la maison!") == "La Maison, la maison!"
    assert spelling.correct("MAISOM 1914 le xyzxyz") == "MAISON 1914 le xyzxyz"


def test_names_keep_their_capitals_and_articles_stay(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("Paris\nSaint-Jean\namie\nnew york\n", encoding="utf-8")
    spelling = Spelling(str(words), 2)
    assert spelling.correct("Pariz, Saint-Jeam et l'amie") == "Paris, Saint-Jean et l'amie"
    assert read_words(str(words)) == ["Paris", "Saint-Jean", "amie", "new", "york"]


@pytest.mark.parametrize("content", ["", "word,count\n", "\n \n"])
def test_an_empty_word_list_is_an_error(tmp_path, content):
    (tmp_path / "words.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="the word list is empty"):
        read_words(str(tmp_path / "words.csv"))


def test_odds_are_found_again():
    rng = np.random.default_rng(3)
    chances = rng.uniform(0.02, 0.98, 20_000)
    right = rng.random(20_000) < change_odds(chances, (0.6, 1.1))
    slope, shift = fit_odds(chances, right)
    assert (slope, shift) == (pytest.approx(0.6, abs=0.05), pytest.approx(1.1, abs=0.05))
    np.testing.assert_allclose(change_odds(chances, (1.0, 0.0)), chances, atol=1e-6)
    assert expected_calibration_error(change_odds(chances, (slope, shift)), right) < 0.02
    assert fit_odds(np.array([0.5]), np.array([True])) == (pytest.approx(1.0, abs=0.2), pytest.approx(0.0, abs=0.2))
