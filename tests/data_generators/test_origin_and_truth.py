"""Whether a sample is real, and what is known of its ink, is what its source says; nothing guesses it."""

from pathlib import Path

import numpy as np
import pytest

from base.errors import UserError
from base.types import ARTIFACT, Ink, Origin
from data_generators.batches.lines import LineBatches
from data_generators.batches.plan import LineShape
from data_generators.batches.soiler import LineSoiler
from data_generators.joint import JointData
from data_generators.modes.convert import convert
from data_generators.sources.reading.opening import open_sources
from preprocessing.text.charset import Charset
from tests.conftest import TEXTS, TINY, config, draw_line

NOTHING_MORE = {"probability": 0.0, "artifacts": {}}


def joint(printed_lines, *overrides):
    reader = ["task=joint", "trainer.lines={buckets:[192,384],batch_px:600,window:8}", "test_samples=4"]
    return config(*reader, f"data.root={printed_lines}", *overrides)


@pytest.mark.parametrize("form", ["lmdb", "parquet", "packed"])
def test_real_lines_are_measured_as_they_are_wherever_they_are_stored(printed_lines, workplace, form):
    convert(config("mode=convert", "data=folder", f"data.root={printed_lines}", f"format={form}", "output=stored", "processes=1"))
    data = JointData.of(joint("stored", f"data={form}"), "test")
    samples = [data.sample(index) for index in range(len(data))]
    assert {sample.origin for sample in samples} == {Origin.REAL}
    for sample in samples:
        np.testing.assert_array_equal(sample.image, draw_line(sample.text))
        assert sample.ink is None


def test_synthetic_lines_are_soiled_before_they_are_measured(workplace):
    cfg = config("task=joint", "data=synthetic", "data.preset=clean", "data.languages=[en]", "test_samples=6")
    data = JointData.of(cfg, "test")
    samples = [data.sample(index) for index in range(6)]
    assert {sample.origin for sample in samples} == {Origin.SYNTHETIC}
    assert sum(bool((sample.ink & ARTIFACT).any()) for sample in samples) >= 3


def test_a_synthetic_lines_own_rules_stay_rules_in_a_batch():
    """They were binarised again once, and became text, blank paper or unsure."""
    latin = "configs/charsets/latin.txt"
    cfg = config("mode=check_data", "data=synthetic", "data.preset=archive", "data.languages=[en]", f"data.charset={latin}").data
    source = open_sources(cfg, ["train"])["train"]
    shape = LineShape(buckets=(256, 512, 1024, 2048), batch_px=2100, window=4, strength="none")
    batches = LineBatches(source, Charset.read(Path(latin)), shape, seed=3, soiler=LineSoiler(NOTHING_MORE))
    rules = dark = text = unsure = 0
    for step in range(12):
        batch = batches.batch(step)
        assert batch.known.all()
        ink, darkness = batch.ink, 255 - batch.images[..., 0].astype(int)
        rules += int((ink & Ink.RULES != 0).sum())
        on_text = ink & Ink.TEXT != 0
        text += int(on_text.sum())
        dark += int((darkness[on_text] > 60).sum())
        unsure += int((ink & Ink.UNSURE != 0).sum())
    assert rules > 1000
    assert unsure == 0
    assert dark / text > 0.9  # the mask has moved with the picture


def test_of_real_lines_no_ink_is_known(printed_lines):
    cfg = config("mode=check_data", "data=folder", f"data.root={printed_lines}").data
    source = open_sources(cfg, ["train"])["train"]
    shape = LineShape(buckets=(256, 448), batch_px=900, window=4, height_px=32, strength="none")
    batch = LineBatches(source, Charset.of(TEXTS), shape, seed=3, soiler=LineSoiler(NOTHING_MORE)).batch(0)
    assert not batch.known.any()
    assert ((batch.ink & Ink.TEXT != 0) == (batch.ink & Ink.UNSURE != 0)).all()


def test_the_eraser_keeps_the_origin_of_its_pages():
    from data_generators.eraser import EraserData

    assert EraserData.of(config(*TINY), "train").sample(0).origin is Origin.SYNTHETIC


def test_an_origin_that_is_no_word_for_it_is_refused(workplace):
    (workplace / "labels.tsv").write_text("image\ttext\tgroup\tsplit\torigin\na.png\ta\tg\ttrain\tfake\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"labels.tsv:2.*origin is 'fake'; it is real or synthetic, or left out"):
        open_sources(config("mode=check_data", "data=folder", "data.root=.").data, ["train"])
