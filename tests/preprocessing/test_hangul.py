"""Syllables and jamo as classes, and back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import UserError
from preprocessing.text import hangul
from preprocessing.text.charset import Charset


def test_every_syllable_and_every_lone_jamo_comes_back():
    assert len(hangul.SYLLABLES) == 11_172
    assert len(hangul.LONE_JAMO) == 51
    codes = [hangul.encode(text) for text in hangul.TEXTS]
    assert len(set(codes)) == len(hangul.TEXTS)
    assert [hangul.decode(*code) for code in codes] == list(hangul.TEXTS)


def test_the_classes_are_those_of_the_standard():
    for text, jamo in (("각", "ㄱㅏㄱ"), ("뷁", "ㅂㅞㄺ"), ("힣", "ㅎㅣㅎ")):
        assert "".join(hangul.JAMO[place][k] for place, k in zip(hangul.PLACES, hangul.encode(text), strict=True)) == jamo
    assert [hangul.JAMO["final"][hangul.encode("가")[2]], hangul.JAMO["initial"][hangul.encode("ㅏ")[0]]] == ["", ""]


def test_decomposed_syllables_are_the_same_syllables():
    assert all(hangul.encode(unicodedata.normalize("NFD", text)) == hangul.encode(text) for text in "가각뷁힣")


@pytest.mark.parametrize("text", ["", "A", "가나", "ㄱㅏ", "漢", " ", "\u1100"])
def test_what_is_no_syllable_is_refused(text):
    assert not hangul.is_hangul(text)
    with pytest.raises(ValueError, match="not one Hangul"):
        hangul.encode(text)


@given(st.integers(0, 19), st.integers(0, 21), st.integers(0, 27))
def test_classes_make_a_text_or_an_error(initial, medial, final):
    try:
        text = hangul.decode(initial, medial, final)
    except ValueError:
        assert initial == hangul.NO_INITIAL or medial == hangul.NO_MEDIAL
    else:
        assert hangul.encode(text) == (initial, medial, final)


def test_the_sets_are_apart():
    known, others = hangul.ks_x_1001(), hangul.syllable_set("others")
    assert (len(known), len(others), len(set(known + others))) == (2350, 8822, 11_172)
    assert known[0] == "가" and known[-1] == "힝"


def test_a_charset_file_holds_hangul_alone(tmp_path):
    path = tmp_path / "some.txt"
    path.write_text("가나\n다 가\nㄱ", encoding="utf-8")
    assert hangul.charset_of(path) == "가나다ㄱ"
    path.write_text("가A", encoding="utf-8")
    with pytest.raises(UserError, match=r"some.txt: 'A' \(U\+0041\) is no Hangul"):
        hangul.charset_of(path)
    path.write_text(" \n", encoding="utf-8")
    with pytest.raises(UserError, match="empty"):
        hangul.charset_of(path)
    with pytest.raises(UserError, match="there is no such"):
        hangul.charset_of(tmp_path / "none.txt")


@given(st.text(st.sampled_from("가각괜찮뷁 ab1.힣ㄱㅋ"), max_size=12))
def test_a_charset_of_jamo_writes_any_syllable(text):
    charset = Charset.of([*hangul.to_jamo("가각괜찮뷁힣"), *"ab1. ㄱㅋ"])
    assert charset.in_jamo
    assert charset.missing(text) == []
    assert charset.decode(charset.encode(text)) == text
    assert charset.frames_needed(text) >= len(charset.encode(text)) >= len(text)


def test_the_shipped_charset_of_korean_covers_every_syllable():
    from tests.conftest import ROOT

    charset = Charset.read(ROOT / "configs/charsets/korean.txt")
    assert charset.missing(hangul.TEXTS) == []
    assert len(charset) < 250


def test_korean_captions_are_told_from_french_ones():
    from utils.drawing.korean_font import korean_font, needs_korean

    assert needs_korean("가") and needs_korean("read: ㄱ")
    assert not needs_korean("l’été — 5 € … → Ж Ω")
    assert korean_font() is not None
