"""Beam search and alignment against brute force; the same answers with and without compilation."""

import itertools
import math
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors.decoders.search.ctc_beam import Search, align, follow, search_beam
from predictors.decoders.search.searching import in_listed_words, search_lines
from tests.conftest import PYTHON, ROOT
from utils.language.ngrams import NgramModel
from utils.language.tables import lexicon_tables, ngram_tables, with_unknown

EVERYTHING = Search(width=2000, floor=-np.inf)
LETTERS = {"a": 1, "b": 2}
MODEL = NgramModel(
    "character",
    2,
    {
        ("a",): (-0.3, -0.2),
        ("b",): (-0.5, -0.1),
        ("<unk>",): (-2.0, 0.0),
        ("a", "b"): (-0.1, 0.0),
        ("b", "b"): (-1.5, 0.0),
    },
)


def line(seed, frames, classes):
    scores = np.random.default_rng(seed).normal(size=(frames, classes)).astype(np.float32) * 2
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def collapse(path):
    return tuple(character for character, _ in itertools.groupby(path) if character)


def all_texts(scores_TC):
    """Every text with the log of the summed probability of its alignments."""
    texts = {}
    for path in itertools.product(range(scores_TC.shape[1]), repeat=len(scores_TC)):
        score = float(sum(scores_TC[frame, character] for frame, character in enumerate(path)))
        text = collapse(path)
        texts[text] = np.logaddexp(texts.get(text, -np.inf), score)
    return texts


def found(scores_TC, search, most=5):
    labels, lengths, scores = search_beam(scores_TC, search, most)
    return [(tuple(row[:length].tolist()), score) for row, length, score in zip(labels, lengths, scores, strict=True)]


def assert_best(answers, texts):
    best = sorted(texts.values(), reverse=True)[: len(answers)]
    np.testing.assert_allclose([score for _, score in answers], best, atol=1e-4)
    for text, score in answers:
        assert texts[text] == pytest.approx(score, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 6), classes=st.integers(2, 4))
def test_the_search_finds_the_most_likely_texts(seed, frames, classes):
    scores = line(seed, frames, classes)
    assert_best(found(scores, EVERYTHING), all_texts(scores))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 6), weight=st.floats(0.1, 2.0), bonus=st.floats(-1.0, 1.0))
def test_with_a_language_model_it_finds_the_best_sum(seed, frames, weight, bonus):
    scores = line(seed, frames, 3)
    tables = ngram_tables(MODEL, LETTERS.get)
    search = EVERYTHING._replace(characters=tables, character_weight=weight, bonus=bonus)
    names = {1: "a", 2: "b"}

    def language(text):
        tokens = [names[character] for character in text]
        return sum(MODEL.score(tokens[:place], token) for place, token in enumerate(tokens)) * math.log(10)

    texts = {text: score + weight * language(text) + bonus * len(text) for text, score in all_texts(scores).items()}
    assert_best(found(scores, search), texts)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 6))
def test_words_outside_the_lexicon_cost_what_they_should(seed, frames):
    scores = line(seed, frames, 4)  # a, b, and a space
    lexicon = lexicon_tables([("ab", 0), ("b", 1)], LETTERS, np.array([False, True, True, False]))
    texts = {}
    for text, score in all_texts(scores).items():
        words = [word for word in "".join(" ab "[character] if character < 3 else " " for character in text).split(" ") if word]
        texts[text] = score - 3.0 * sum(word not in ("ab", "b") for word in words)
    assert_best(found(scores, EVERYTHING._replace(lexicon=lexicon, unknown_word=-3.0)), texts)


def textbook_beam(scores_TC, width):
    """Hannun et al. 2014, algorithm 1, without a language model, word by word: the best texts and their scores."""
    kept = {(): (0.0, -np.inf)}  # text: of alignments that end in a blank, and in its last character
    for row in scores_TC:
        coming = {}

        def add(text, blank, inked, coming=coming):
            before = coming.get(text, (-np.inf, -np.inf))
            coming[text] = (np.logaddexp(before[0], blank), np.logaddexp(before[1], inked))

        for text, (blank, inked) in kept.items():
            total = np.logaddexp(blank, inked)
            add(text, total + row[0], inked + row[text[-1]] if text else -np.inf)
            for character in range(1, len(row)):
                before = blank if text and text[-1] == character else total
                add((*text, character), -np.inf, before + row[character])
        best = sorted(coming, key=lambda text: -np.logaddexp(*coming[text]))[:width]
        kept = {text: coming[text] for text in best}
    scores = {text: float(np.logaddexp(*kept[text])) for text in kept}
    return [(text, score) for text, score in scores.items() if np.isfinite(score)]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(2, 25), classes=st.integers(2, 6), width=st.sampled_from([1, 3, 10]))
def test_a_narrow_beam_loses_no_alignment_that_the_textbooks_keeps(seed, frames, classes, width):
    scores = line(seed, frames, classes) / 4  # unsure
    scores -= np.logaddexp.reduce(scores, axis=1, keepdims=True)
    expected = textbook_beam(scores.astype(np.float64), width)
    answers = found(scores, Search(width, -np.inf), most=width)
    np.testing.assert_allclose([score for _, score in answers], [score for _, score in expected], atol=1e-3)


def test_a_narrow_beam_keeps_to_the_lexicon_if_told():
    """Texts outside the lexicon must not crowd out those inside it before their words end."""
    lexicon = lexicon_tables([("abcab", 0), ("cabba", 1)], {"a": 1, "b": 2, "c": 3}, np.array([False, True, True, True]))
    for seed in range(20):
        scores = line(seed, 14, 4)
        for text, _ in found(scores, Search(4, -np.inf, lexicon=lexicon, unknown_word=-1000.0), most=1):
            assert text in ((), (1, 2, 3, 1, 2), (3, 1, 2, 2, 1))


LISTED = lexicon_tables(
    [("abcab", 0), ("cabba", 1), ("b", 2)], {"a": 1, "b": 2, "c": 3}, np.array([False, True, True, True, False])
)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 14), width=st.integers(1, 4))
def test_only_listed_words_are_read_even_where_all_texts_of_a_beam_end_inside_words(seed, frames, width):
    (reading, *_), *_ = search_lines(
        line(seed, frames, 5)[None],
        np.array([frames]),
        Search(width, -np.inf, lexicon=LISTED, unknown_word=-1000.0),
        3,
        tuple("abc "),
    )
    assert set(reading.text.split()) <= {"abcab", "cabba", "b"}
    assert len(reading.frames) == len(reading.text)


def test_words_that_a_list_lacks_are_found_in_a_text():
    labels = np.array([2, 4, 1, 2, 4, 4, 3, 1, 2, 2, 1, 4, 3], np.int32)  # "b ab  cabba c"
    assert in_listed_words(labels, LISTED).tolist() == [True, True, False, False, *[True] * 8, False]
    assert in_listed_words(labels[:0], LISTED).tolist() == []


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 6), weight=st.floats(0.1, 2.0))
def test_with_a_model_of_words_it_finds_the_best_sum(seed, frames, weight):
    model = NgramModel(
        "word", 2, {("ab",): (-0.4, -0.2), ("b",): (-0.6, -0.3), ("<unk>",): (-1.5, 0.0), ("b", "ab"): (-0.1, 0.0)}
    )
    numbers = {"ab": 0, "b": 1}
    lexicon = lexicon_tables(numbers.items(), LETTERS, np.array([False, True, True, False]))
    scores = line(seed, frames, 4)
    texts = {}
    for text, score in all_texts(scores).items():
        words = [word for word in "".join(" ab "[character] if character < 3 else " " for character in text).split(" ") if word]
        language = sum(model.score(words[:place], word) for place, word in enumerate(words)) * math.log(10)
        texts[text] = score + weight * language - 2.0 * sum(word not in numbers for word in words)
    search = EVERYTHING._replace(lexicon=lexicon, words=ngram_tables(model, numbers.get), word_weight=weight, unknown_word=-2.0)
    assert_best(found(scores, search), texts)


def test_repeated_letters_survive():
    scores = np.log(np.full((5, 3), 0.01, np.float32))
    for frame, character in enumerate((1, 1, 0, 1, 2)):
        scores[frame, character] = math.log(0.98)
    assert found(scores, Search(25, math.log(1e-4)))[0][0] == (1, 1, 2)


def test_a_narrow_beam_still_answers():
    scores = line(1, 30, 20)
    (text, score), *_ = found(scores, Search(1, -np.inf))
    assert np.isfinite(score)
    assert len(text) <= 30


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 7), labels=st.lists(st.integers(1, 2), max_size=3))
def test_the_alignment_is_the_most_likely_path(seed, frames, labels):
    if len(labels) + sum(a == b for a, b in itertools.pairwise(labels)) > frames:
        return
    scores = line(seed, frames, 3)
    paths = [path for path in itertools.product(range(3), repeat=frames) if collapse(path) == tuple(labels)]
    best = max(paths, key=lambda path: sum(scores[frame, character] for frame, character in enumerate(path)))
    spans = align(scores, np.array(labels, np.int32))
    drawn = [0] * frames
    for character, (first, last) in zip(labels, spans, strict=True):
        drawn[first : last + 1] = [character] * (last - first + 1)
    assert tuple(drawn) == best


def score_tokens(tables, tokens):
    total, state = 0.0, tables.start
    for token in tokens:
        score, state = follow(tables, state, token)
        total += score
    return total


def test_tables_score_as_the_model_does():
    tables = ngram_tables(MODEL, LETTERS.get)
    for text in ("a", "ab", "bb", "abab", "bba"):
        expected = sum(MODEL.score(text[:place], token) for place, token in enumerate(text)) * math.log(10)
        assert score_tokens(tables, [LETTERS[letter] for letter in text]) == pytest.approx(expected)


def test_what_follows_a_token_that_the_model_lacks_is_scored_as_the_model_says():
    """An ARPA file may say how likely a word is after one that it does not know, and what giving up on that costs."""
    entries = {
        ("<unk>",): (-1.0, -0.7),
        ("a",): (-0.3, -0.2),
        ("b",): (-0.5, -0.1),
        ("<unk>", "a"): (-0.05, 0.0),
        ("a", "<unk>"): (-0.4, 0.0),
    }
    model = NgramModel("character", 2, entries)
    assert model.score(["z"], "a") == -0.05
    assert model.score(["z"], "b") == pytest.approx(-0.7 - 0.5)
    tables = ngram_tables(model, with_unknown(LETTERS.get))
    for text in ("az", "za", "zb", "zzb", "azazb"):
        expected = sum(model.score(text[:place], token) for place, token in enumerate(text)) * math.log(10)
        assert score_tokens(tables, [LETTERS.get(letter, 9) for letter in text]) == pytest.approx(expected)


def test_without_numba_the_answers_are_the_same():
    """The module that stands in for numba is one that cannot be imported."""
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from tests.predictors.test_ctc_beam import found, line, EVERYTHING\n"
        "print(found(line(3, 12, 5), EVERYTHING._replace(width=8)))"
    )
    answer = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    plain = eval(answer, {"np": np})
    compiled = found(line(3, 12, 5), EVERYTHING._replace(width=8))
    assert [text for text, _ in plain] == [text for text, _ in compiled]
    np.testing.assert_allclose([score for _, score in plain], [score for _, score in compiled])
