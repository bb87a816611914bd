"""Lines from pen strokes: read as the file says, on their baseline, inside the image, masks exact, writers apart."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import EmptySplit, UserError
from base.registry import SOURCES
from base.types import Ink
from data_generators.sources.reading.opening import sample_rng
from data_generators.synthesis.writing.pen_strokes import Nib, NibRanges, PenWord, set_pen_words
from tests.conftest import config
from utils.configuration.check import check
from utils.configuration.values import plain

HEADER = "kind\tdonor\twriter\tsplit\ttext\tstrokes"
ZIGZAG = " ".join(["5 -20 5 20"] * 6)  # six letters as high as an x
WRITERS = [("w1", "train"), ("w2", "train"), ("w3", "val"), ("w4", "test")]


def rows(text="mimi", moves=f"0 50 {ZIGZAG},4 -30"):
    words = [f"word\tabc\t{name}\t{split}\t{text} {name}\t{moves}" for name, split in WRITERS]
    return [HEADER, *words, f"text\tabc\tw1\ttrain\ta line of w1\t0 50 {ZIGZAG},30 0 {ZIGZAG},30 0 {ZIGZAG}"]


@pytest.fixture
def root(tmp_path):
    with gzip.open(tmp_path / "some.tsv.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(rows()) + "\n")
    return tmp_path


def strokes(root, *overrides, split="train"):
    cfg = config("mode=check_data", "data=strokes", f"data.root={root}", *overrides)
    check(cfg)
    return SOURCES.get("strokes")(cfg.data, split)


def nib(words=1, **changed):
    ranges = plain(config("mode=check_data", "data=strokes", "data.root=x").data.nib)
    return Nib.draw(np.random.default_rng(0), words, NibRanges(**{**ranges, **changed}))


def test_moves_become_points_and_strokes():
    word = PenWord.of("it", "3 4 1 1,2 -2 1 0 0 1")
    np.testing.assert_array_equal(word.points, [[3, 4], [4, 5], [6, 3], [7, 3], [7, 4]])
    np.testing.assert_array_equal(word.first, [True, False, True, False, False])


@pytest.mark.parametrize("moves", ["", "1 2 3", "1 2,3", "1 two", "1.5 2"])
def test_other_moves_are_refused(moves):
    with pytest.raises(ValueError):
        PenWord.of("it", moves)


def test_the_baseline_is_where_the_pen_turns_upwards():
    word = PenWord.of("mmmj", f"0 50 {ZIGZAG} 3 40")  # with a descender at its end
    assert word.baseline_and_x_height() == (50.0, 20.0)
    assert PenWord.of(".", "5 7").baseline_and_x_height()[0] == 7.0


def test_a_line_that_climbs_is_levelled():
    climbing = PenWord.of("mm", "0 90 " + " ".join(["5 -21 5 19"] * 40))  # 2 up for 10 to the right
    y = climbing.levelled().points[:, 1]
    assert np.ptp(y[::2]) < 5 < 70 < np.ptp(climbing.points[::2, 1])


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=1, max_size=30), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_all_ink_lies_in_its_boxes(moves, count):
    word = PenWord.of("x", " ".join(f"{x} {y}" for x, y in moves))
    strip = set_pen_words([word] * count, 20.0, 16.0, 1.0, nib(count))
    inside = np.zeros(strip.coverage.shape, bool)
    for left, top, right, bottom in strip.boxes:
        rows = slice(max(0, int(top + strip.baseline) - 1), int(bottom + strip.baseline) + 2)
        inside[rows, max(0, int(left) - 1) : int(right) + 2] = True
    assert strip.coverage.max() > 0
    assert not (strip.coverage[~inside] > 64).any()
    assert (np.diff(strip.word_edges[:, 0]) >= 16.0).all()


def test_strokes_down_are_broader_and_turns_too():
    down, up = (PenWord.of("l", f"0 50 0 {way}").points for way in (30, -30))
    pens = nib(width=[0.2, 0.2], broadening=[0.3, 0.3], slowness=[0, 0], taper=[0, 0])
    first = np.array([True, False])

    def ink(points):
        return set_pen_words([PenWord("l", points, first)], 20.0, 32.0, 1.0, pens).coverage.sum(dtype=float)

    assert ink(down) > 1.3 * ink(up)


def test_samples_are_the_writers_own(root):
    source = strokes(root)
    assert source.names == ["w1", "w2"]
    texts = set()
    for index in range(40):
        sample = source.sample(index, sample_rng(1, "train", index))
        assert sample.image.shape == sample.truth.shape and sample.image.shape[0] == 64
        assert (sample.truth & Ink.TEXT).any() and sample.glyphs == []
        assert sample.group in ("w1", "w2") and sample.text.replace("mimi ", "").replace("a line of ", "").startswith(
            sample.group
        )
        again = source.sample(index, sample_rng(1, "train", index))
        np.testing.assert_array_equal(again.image, sample.image)
        height, width = source.size(index, sample_rng(1, "train", index))
        assert height == 64 and 0.6 < width / sample.image.shape[1] < 1.6
        texts.add(sample.text)
    assert "a line of w1" in texts and any(text.count("mimi") > 3 for text in texts)


def test_charset_and_collections_narrow_the_choice(root):
    letters = root / "letters.txt"
    letters.write_text(" mi3w", encoding="utf-8")
    assert strokes(root, f"data.charset={letters}", split="val").names == ["w3"]
    with pytest.raises(EmptySplit, match="anything in the charset"):
        strokes(root, f"data.charset={letters}")
    with pytest.raises(EmptySplit):
        strokes(root, "data.without_donors=[abc]")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (["image\ttext"], "its first line must be kind donor"),
        ([HEADER, "word\ta\tb"], r"bad\.tsv:2: 6 columns are needed, 3 are there"),
        ([HEADER, "glyph\ta\tw9\ttrain\tx\t1 2"], "kind is word or text"),
        ([HEADER, "word\ta\tw9\ttrain\tx\t1 2", "word\ta\tw9\tval\tx\t1 2"], "a writer belongs to one split"),
        ([HEADER, "word\ta\tw9\ttrain\tx\t1 2 3"], r"bad\.tsv:2: its strokes cannot be read"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_files_of_another_form_are_named(tmp_path, content, message):
    text = content if isinstance(content, bytes) else "\n".join(content).encode()
    (tmp_path / "bad.tsv").write_bytes(text)
    with pytest.raises(UserError, match=message):
        strokes(tmp_path).sample(0, sample_rng(1, "train", 0))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.root=null"], "data.root= is missing"),
        (["data.root=nowhere"], "there is no such folder"),
        (["data.words=[0,3]"], "at least 1 word"),
        (["data.line_probability=2"], "from 0 to 1"),
        (["data.nib.width=[0,0.1]"], "above 0"),
        (["data.nib.taper=[1,0]"], r"a range is \[low, high\]"),
        (["data.preset=nice"], "preset"),
    ],
)
def test_values_that_cannot_be_are_told(root, overrides, message):
    with pytest.raises(UserError, match=message) as error:
        check(config("mode=check_data", "data=strokes", f"data.root={root}", *overrides))
    assert "\n" not in str(error.value)
