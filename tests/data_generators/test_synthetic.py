"""Synthetic lines: shaped right, the same anywhere, their boxes and masks exact, their text inside the charset."""

import unicodedata
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from base.errors import UserError
from base.registry import SOURCES, TEXT_SAMPLERS
from base.types import Ink
from data_generators.sources.reading.opening import sample_rng
from data_generators.synthesis.pen import PenRanges, press
from data_generators.synthesis.writing.fonts import all_families, can_draw
from data_generators.synthesis.writing.hand import Hand, set_line
from data_generators.synthesis.writing.line_picture import Preset
from data_generators.synthesis.writing.shaping import shape_word, visual_order
from data_generators.synthesis.writing.text import LineText
from tests.conftest import config
from utils.configuration.values import plain

PRESETS = ("clean", "scan", "archive", "photo")


def font(name: str):
    if name == "DejaVu Sans":  # comes with Matplotlib, and has Arabic and Hebrew
        return Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
    return next(family.files[0] for family in all_families(None) if family.name == name)


def synthetic(*overrides, split="train"):
    return SOURCES.get("synthetic")(config("mode=generate", "output=x", "data=synthetic", *overrides).data, split)


def preset(name: str) -> Preset:
    return Preset.of(plain(config("mode=generate", "output=x", "data=synthetic").data.presets[name]))


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("dancing-script", "Gouvernement"),
        ("pt-serif", "office"),  # ligatures
        ("lora", "Ångström"),
        ("pt-sans", "e\u0301te\u0301"),  # accents of their own
        ("nanum-pen-script", "한글날"),
        ("DejaVu Sans", "سلام"),  # joined letters, from right to left
        ("DejaVu Sans", "שלום"),
        ("DejaVu Sans", "عدد1948"),  # digits run from left to right in it
    ],
)
def test_glyphs_stand_where_raqm_puts_them(family, text):
    path = font(family)
    strip = set_line(path, [text], 32.0, word_spacing=0.5, letter_spacing=0.0)
    glyphs, width = shape_word(path, 100, text)
    oracle = ImageFont.truetype(str(path), 100, layout_engine=ImageFont.Layout.RAQM)
    assert width == pytest.approx(oracle.getlength(text), abs=3)
    assert sorted("".join(glyph.text for glyph in glyphs)) == sorted(text)
    _rows, _columns = strip.coverage.shape
    drawn = Image.new("L", (600, 300))
    ImageDraw.Draw(drawn).text((60, 200), text, fill=255, font=oracle, anchor="ls")
    reference = np.asarray(drawn.crop(drawn.getbbox()).resize((200, 60)), np.float32)
    ours = Image.fromarray(strip.coverage)
    ours = np.asarray(ours.crop(ours.getbbox()).resize((200, 60)), np.float32)
    assert np.corrcoef(reference.ravel(), ours.ravel())[0, 1] > 0.88


def test_right_to_left_lines_are_turned_round():
    assert visual_order(["one", "two"]) == ["one", "two"]
    assert visual_order(["שלום", "עולם", "1948", "abc", "טוב"]) == ["טוב", "1948", "abc", "עולם", "שלום"]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), name=st.sampled_from(PRESETS), family=st.sampled_from(["dancing-script", "caveat", "kalam"]))
def test_boxes_follow_every_warp(seed, name, family):
    """A glyph's box is the ink of that glyph alone, warped by the same hand."""
    ranges = preset(name).writing
    rng = np.random.default_rng(seed)
    strip = set_line(font(family), ["Quay", "fjord"], 18.0, word_spacing=0.6, letter_spacing=0.05)
    hand = Hand.draw(rng, strip, 18.0, ranges)
    boxes = hand.boxes(strip.boxes)
    from dataclasses import replace

    hand = replace(hand, origin=20 - boxes[:, 0].min(), baseline=20 - boxes[:, 1].min())
    boxes = hand.boxes(strip.boxes)
    canvas = (int(boxes[:, 3].max()) + 20, int(boxes[:, 2].max()) + 20)
    for number in rng.choice(len(strip.boxes), 3, replace=False):
        left, top, right, bottom = strip.boxes[number].astype(int)
        alone = np.zeros_like(strip.coverage)
        rows = slice(top + strip.baseline, bottom + strip.baseline)
        alone[rows, left:right] = 255
        drawn = cv2.remap(alone, *hand.maps(canvas, strip.baseline), cv2.INTER_LINEAR)
        ys, xs = np.nonzero(drawn > 127)
        expected = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        assert np.abs(boxes[number] - expected).max() <= 3.0, (boxes[number], expected)


@pytest.mark.parametrize("name", PRESETS)
def test_samples_know_their_truth(name):
    source = synthetic(f"data.preset={name}")
    for index in range(12):
        sample = source.sample(index, sample_rng(1, "train", index))
        assert sample.image.dtype == np.uint8 and sample.image.shape[0] == 64
        assert sample.image.shape == sample.clean.shape == sample.ink.shape
        text = (sample.ink & Ink.TEXT) != 0
        _ys, xs = np.nonzero(text)
        assert xs.min() > 0 and xs.max() < text.shape[1] - 1, "the line is cut off"
        height, _width = text.shape
        inside = np.zeros_like(text)
        for box in sample.glyphs:
            inside[max(0, int(box.top) - 2) : int(box.bottom) + 3, max(0, int(box.left) - 2) : int(box.right) + 3] = True
            assert box.top >= -1 and box.bottom <= height + 1
        assert (text & ~inside).sum() <= 0.01 * text.sum(), "ink outside of every glyph's box"
        assert sorted("".join(box.text for box in sample.glyphs)) == sorted(sample.text.replace(" ", ""))
        assert len(sample.words) == len(sample.text.split())
        assert unicodedata.is_normalized("NFC", sample.text)
        outside = sample.clean[~inside]
        if name == "clean":
            assert np.percentile(outside, 5) > 235, "paper stays white"
        assert np.median(outside) - np.median(sample.clean[text]) > 3, "ink is darker than paper"


def test_colour_is_colour():
    source = SOURCES.get("synthetic")(
        config("mode=generate", "output=x", "data=synthetic", "data.colour=true", "data.preset=archive").data, "train"
    )
    sample = source.sample(0, sample_rng(1, "train", 0))
    assert sample.image.shape == (*sample.ink.shape, 3)
    red, _, blue = (sample.image[..., channel].mean() for channel in range(3))
    assert red > blue + 5, "old paper is yellow"


def test_the_same_index_is_the_same_picture_in_any_order():
    first, second = synthetic(), synthetic()
    forward = [first.sample(index, sample_rng(3, "train", index)).image for index in range(6)]
    for index in reversed(range(6)):
        np.testing.assert_array_equal(forward[index], second.sample(index, sample_rng(3, "train", index)).image)
    assert not np.array_equal(forward[0], first.sample(0, sample_rng(4, "train", 0)).image)


def test_size_is_estimated_without_drawing():
    source = synthetic()
    estimates = [source.size(index, sample_rng(1, "train", index)) for index in range(60)]
    widths = [source.sample(index, sample_rng(1, "train", index)).image.shape[1] for index in range(60)]
    assert all(height == 64 for height, _ in estimates)
    assert np.corrcoef([width for _, width in estimates], widths)[0, 1] > 0.8


def test_splits_share_no_font():
    groups = {
        split: {family.name for members in synthetic(split=split).families.values() for family in members}
        for split in ("train", "val", "test")
    }
    assert not groups["train"] & groups["val"] and not groups["train"] & groups["test"] and not groups["val"] & groups["test"]


def test_a_glyph_that_a_font_lacks_is_never_drawn():
    source = synthetic("data.languages=[ko]", "data.preset=clean")
    for index in range(10):
        sample = source.sample(index, sample_rng(1, "train", index))
        path = font(sample.tags["font"])
        assert all(can_draw(path, character) for character in sample.text if not character.isspace())


def test_text_stays_inside_the_charset(tmp_path):
    (tmp_path / "charset.txt").write_text("abcdefghijklmnopqrstuvwxyzé.")
    source = synthetic(f"data.charset={tmp_path}/charset.txt", "data.languages=[fr]")
    seen = "".join(source.texts.sample(np.random.default_rng(index))[0] for index in range(300))
    assert set(seen) <= set("abcdefghijklmnopqrstuvwxyzé.")
    assert "é" in seen


def test_a_character_without_a_font_is_named(tmp_path):
    (tmp_path / "charset.txt").write_text("abc𒀀")
    with pytest.raises(UserError, match=r"charset\.txt: no font can draw '𒀀' \(U\+12000\)"):
        synthetic(f"data.charset={tmp_path}/charset.txt")
    with pytest.raises(UserError, match="can write 'ar'; fonts that can: none at all"):
        synthetic("data.languages=[ar]")


def test_a_word_that_is_too_long_is_squeezed_not_cut():
    source = synthetic("data.widest_px=128", "data.languages=[de]", "data.preset=clean")
    for index in range(25):
        sample = source.sample(index, sample_rng(1, "train", index))
        assert sample.image.shape[1] <= 128
        assert all(box.left >= -2 and box.right <= 130 for box in sample.glyphs)


def test_a_language_without_fonts_in_a_split_is_an_error():
    with pytest.raises(UserError, match=r"no font of the val split can write 'ko'; fonts that can: .*nanum-pen-script \(\w+\)"):
        synthetic("data.languages=[en,ko]", split="val")


def test_a_font_that_is_no_font_is_named(tmp_path):
    for number in range(20):
        (tmp_path / f"handwriting/family{number}").mkdir(parents=True)
        (tmp_path / f"handwriting/family{number}/broken.ttf").write_text("<html>not found</html>")
    with pytest.raises(UserError, match=r"broken\.ttf: it is not a TrueType or OpenType font"):
        synthetic(f"data.fonts={tmp_path}")


def test_pressing_moves_edges_by_the_stated_amount():
    bar = np.zeros((60, 200), np.uint8)
    bar[25:35] = 255
    blank = {field.name: (0.0, 0.0) for field in fields(PenRanges)}
    thick = press(np.random.default_rng(1), bar, 20.0, PenRanges(**{**blank, "weight": (0.2, 0.2)}))[0]
    same, grown = press(np.random.default_rng(1), bar, 20.0, PenRanges(**blank))
    assert grown == 0.0
    assert (same[:, 100] > 127).sum() == 10
    assert (thick[:, 100] > 127).sum() in (13, 14, 15)


@pytest.mark.parametrize("name", TEXT_SAMPLERS.names())
def test_every_sampler_yields_words(name, tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/a.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 50)
    from data_generators.modes.learn_text import learn_text

    learn_text(config("mode=learn_text", f"corpus={tmp_path}/corpus", f"output={tmp_path}/lm"))
    cfg = plain(config("mode=generate", "output=x", "data=synthetic").data.text)
    own = {**cfg["samplers"][name], "weight": 1.0}
    own |= {"folder": str(tmp_path / "corpus")} if name == "corpus" else {}
    own |= {"model": str(tmp_path / "lm/words.arpa")} if name == "ngram" else {}
    text = LineText({**cfg, "samplers": {name: own}}, ["en", "de"], None)
    rng = np.random.default_rng(1)
    lines = [text.sample(rng) for _ in range(40)]
    low, high = cfg["words"]
    assert all(low <= len(line) <= high for line in lines)
    assert len({" ".join(line) for line in lines}) > 20 or name in ("corpus", "ngram")
    if name == "by_length":
        lengths = [len(word) for line in lines for word in line]
        assert np.mean(lengths) > 8


def test_rare_characters_are_seen(tmp_path):
    (tmp_path / "words.csv").write_text("word,count\n" + "".join(f"aaa{n},1000\n" for n in range(50)) + "zebra,1\n")
    cfg = plain(config("mode=generate", "output=x", "data=synthetic").data.text)
    own = {"weight": 1.0, "file": str(tmp_path / "words.csv")}
    text = LineText({**cfg, "samplers": {"by_character": own}}, ["en"], frozenset("abrez0123456789§"))
    rng = np.random.default_rng(1)
    seen = " ".join(" ".join(text.sample(rng)) for _ in range(50))
    assert seen.count("z") > 10 and seen.count("§") > 10
    with pytest.raises(UserError, match=r"words\.csv:2: a word list has the columns word,count"):
        (tmp_path / "words.csv").write_text("word,count\nzebra\n")
        from data_generators.synthesis.writing import text as module

        module._counted_in.cache_clear()
        LineText({**cfg, "samplers": {"by_character": own}}, ["en"], None)
