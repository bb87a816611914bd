"""Counts and error rates against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.report import Table
from base.types import ARTIFACT, Ink
from utils.metrics.baselines import compare_baselines
from utils.metrics.ink import InkCounts, family_bits, psnr
from utils.metrics.text import character_error_rate, word_error_rate

PIXELS = st.lists(st.tuples(st.sampled_from([0, 1, 4, 16, 17, 20, 2, 128]), st.booleans()), min_size=1, max_size=60)


@given(PIXELS)
def test_ink_counts_are_those_of_a_loop(pixels):
    truth = np.array([[bits for bits, _ in pixels]], np.uint8)
    erased = np.array([[gone for _, gone in pixels]])
    counts = InkCounts.of(truth, erased, int(Ink.RULES | Ink.STAINS))
    wanted = [bool(bits & 5) and not bits & 16 for bits, _ in pixels]
    assert counts.hits == sum(want and gone for want, (_, gone) in zip(wanted, pixels, strict=True))
    assert counts.misses == sum(want and not gone for want, (_, gone) in zip(wanted, pixels, strict=True))
    assert counts.false_alarms == sum(not want and gone for want, (_, gone) in zip(wanted, pixels, strict=True))
    assert counts.text == sum(bool(bits & 16) for bits, _ in pixels)
    assert counts.overlap_erased == sum(bool(bits & 16) and bool(bits & 5) and gone for bits, gone in pixels)
    metrics = counts.metrics()
    assert all(0 <= value <= 1 for value in metrics.values())


def test_perfect_and_empty_answers():
    truth = np.array([[1, 0, 16, 17]], np.uint8)
    perfect = InkCounts.of(truth, truth == 1, int(ARTIFACT)).metrics()
    assert perfect["artifact_f1"] == perfect["artifact_iou"] == perfect["overlap_kept"] == 1
    assert perfect["text_lost"] == 0
    assert InkCounts.of(truth, np.zeros_like(truth, bool), int(ARTIFACT)).metrics()["artifact_f1"] == 0


def test_counts_add_up():
    truth = np.array([[1, 16]], np.uint8)
    total = InkCounts()
    for erased in ([[True, False]], [[False, True]]):
        total.add(InkCounts.of(truth, np.array(erased), 1))
    assert (total.hits, total.misses, total.text_erased, total.text) == (1, 1, 1, 2)


def test_families_have_their_bits():
    assert family_bits(["rules", "stains"]) == 5
    assert family_bits([]) == 0


def test_psnr():
    image = np.zeros((4, 4), np.uint8)
    assert psnr(image, image) == 99.0
    assert psnr(image + 1, image) == pytest.approx(48.13, abs=0.01)


def edit_distance(a, b):
    """Levenshtein's distance by its recurrence."""
    if not a or not b:
        return len(a) + len(b)
    return min(edit_distance(a[1:], b) + 1, edit_distance(a, b[1:]) + 1, edit_distance(a[1:], b[1:]) + (a[0] != b[0]))


@given(st.lists(st.tuples(st.text("abé ", max_size=5), st.text("abé ", max_size=5)), min_size=1, max_size=4))
def test_character_error_rate_is_distance_over_length(pairs):
    expected = sum(edit_distance(read, reference) for read, reference in pairs) / max(
        1, sum(len(reference) for _, reference in pairs)
    )
    assert character_error_rate(pairs) == pytest.approx(expected)


def test_composed_and_decomposed_letters_are_the_same():
    assert character_error_rate([("e\u0301t\u00e9", "\u00e9t\u00e9")]) == 0


def test_word_error_rate_counts_words():
    assert word_error_rate([("the cat  sat", "the cat sat"), ("a b", "a c")]) == pytest.approx(1 / 5)


def test_tables_align():
    table = Table("title", ["a", "long head"], [["1", "2"], ["333", "4"]])
    assert table.text().splitlines()[1:] == ["a    long head", "---  ---------", "1    2", "333  4"]
    assert table.markdown().splitlines()[0] == "| a | long head |"


def test_a_line_that_is_found_three_times_is_right_once():
    line, down = np.array([[10.0, 50.0], [200.0, 50.0]]), np.array([0.0, 2.0])
    counts = compare_baselines([line], [line, line + down, line - down])
    assert counts.metrics()["length_precision"] == pytest.approx(1 / 3)
    assert counts.metrics()["length_recall"] == 1.0
    halves = [np.array([[10.0, 50.0], [105.0, 50.0]]), np.array([[105.0, 50.0], [200.0, 50.0]])]
    assert compare_baselines([line], halves).metrics()["length_precision"] == pytest.approx(0.5, abs=0.03)
    other = line + 20 * down
    assert compare_baselines([line, other], [line, other]).metrics()["length_precision"] == 1.0
