"""Characters as numbers and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import UserError
from preprocessing.text.charset import Charset, frames_needed
from preprocessing.text.transcription import RULES, Excluded, has_markup


@given(st.text("abcdefé ßŒ한글", max_size=30))
def test_text_comes_back(text):
    charset = Charset.of(["abcdefé ßŒ한글"])
    assert charset.decode(charset.encode(text)) == text
    assert charset.missing(text) == []


def test_what_is_missing_is_named():
    charset = Charset.of(["abc"])
    assert charset.missing("abxyx") == ["x", "y"]
    with pytest.raises(ValueError, match="lacks x y"):
        charset.encode("abxyx")


def test_decomposed_text_is_composed():
    assert Charset.of(["é"]).missing("e\u0301") == []


def test_charset_files(tmp_path):
    (tmp_path / "a.txt").write_text("ab\nécd\n", encoding="utf-8")
    assert Charset.read(tmp_path / "a.txt").characters == tuple(" abcdé")
    for content, words in ((b"\n", "is empty"), (b"\xe9", "not UTF-8")):
        (tmp_path / "b.txt").write_bytes(content)
        with pytest.raises(UserError, match=words):
            Charset.read(tmp_path / "b.txt")
    with pytest.raises(UserError, match="there is no such charset"):
        Charset.read(tmp_path / "none.txt")


@pytest.mark.parametrize(("text", "frames"), [("", 0), ("abc", 3), ("aab", 4), ("aaa", 5)])
def test_frames_that_ctc_needs(text, frames):
    assert frames_needed(text) == frames


@given(st.text(max_size=40))
def test_rules_are_stable_under_repetition(text):
    for name in ("as_written", "without_markup"):
        try:
            once = RULES[name](text, ())
        except Excluded:
            continue  # a passage that could not be read: that is an answer too
        assert RULES["as_written"](once, ()) == once


def test_markup_is_seen():
    assert has_markup("a <unclear>b</unclear>") and has_markup("&amp;") and has_markup("x [...] y") and has_markup("Ru¬")
    assert not has_markup("a < b > c, R&D (1) [sic]")
