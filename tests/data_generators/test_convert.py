"""Sets written and read again: nothing is lost, what was begun goes on, what cannot be read is listed."""

import json

import numpy as np
import pytest

from base.errors import PartialFailure, UserError
from base.registry import WRITERS
from base.types import Origin
from data_generators.modes import convert as module
from data_generators.modes.convert import convert
from data_generators.modes.generate import generate
from data_generators.sources.reading.opening import open_sources
from tests.conftest import config
from tests.data_generators.test_sources import picture, save, write_lmdb

GENERATE = ["mode=generate", "data=synthetic", "data.languages=[en]", "processes=1"]


def make(output, *overrides):
    generate(config(*GENERATE, f"output={output}", "count=9", "splits=[train,val]", *overrides))


def read(name, root):
    """(text, group, origin, pixels) of every sample by split."""
    sources = open_sources(config("mode=check_data", f"data={name}", f"data.root={root}").data, ["train", "val", "test"])
    found = {}
    for split, source in sources.items():
        samples = [source.sample(index, np.random.default_rng(0)) for index in range(len(source))]
        found[split] = [(s.text, s.group, s.origin, s.image.tobytes(), s.image.shape) for s in samples]
    return found


def test_a_round_trip_loses_nothing(workplace):
    make("folder")
    before = read("folder", "folder")
    assert {split: len(samples) for split, samples in before.items()} == {"train": 9, "val": 9}
    assert {origin for samples in before.values() for _, _, origin, _, _ in samples} == {Origin.SYNTHETIC}
    convert(config("mode=convert", "data=folder", "data.root=folder", "output=as_lmdb", "format=lmdb", "processes=1"))
    convert(config("mode=convert", "data=lmdb", "data.root=as_lmdb", "output=as_parquet", "format=parquet", "processes=1"))
    convert(config("mode=convert", "data=parquet", "data.root=as_parquet", "output=packed", "format=packed", "processes=1"))
    convert(config("mode=convert", "data=packed", "data.root=packed", "output=back", "processes=1"))
    assert read("lmdb", "as_lmdb") == before
    assert read("parquet", "as_parquet") == before
    assert read("packed", "packed") == before
    assert read("folder", "back") == before
    first = next((workplace / "folder/images/train").iterdir()).name
    assert (workplace / "folder/images/train" / first).read_bytes() == (workplace / "back/images/train" / first).read_bytes()


def test_packed_lines_know_their_sizes_and_may_be_smaller(workplace):
    make("folder")
    command = ["mode=convert", "data=folder", "data.root=folder", "format=packed", "processes=1"]
    convert(config(*command, "output=exact"))
    convert(config(*command, "output=small", "quality=40"))
    assert (workplace / "small/images.bin").stat().st_size < 0.5 * (workplace / "exact/images.bin").stat().st_size
    for name in ("exact", "small"):
        source = open_sources(config("mode=check_data", "data=packed", f"data.root={name}").data, ["val"])["val"]
        for index in range(len(source)):
            sample = source.sample(index, np.random.default_rng(0))
            assert source.size(index, np.random.default_rng(0)) == sample.image.shape
            assert source.text(index) == sample.text
    pairs = zip(read("packed", "exact")["val"], read("packed", "small")["val"], strict=True)
    for (text, group, origin, exact, shape), (*same, small, other_shape) in pairs:
        assert [text, group, origin] == same and shape == other_shape
        difference = np.frombuffer(exact, np.uint8).astype(int) - np.frombuffer(small, np.uint8)
        assert np.abs(difference).mean() < 8


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "images.bin").write_bytes(b"short"), "cut short"),
        (lambda folder: (folder / "lines.tsv").write_text("offset\ttext\n"), "the header lacks bytes, height"),
        (lambda folder: (folder / "lines.tsv").unlink(), "there is no lines.tsv"),
        (
            lambda folder: (folder / "lines.tsv").write_text(
                (folder / "lines.tsv").read_text("utf-8").replace("\n0\t", "\nzero\t"), "utf-8"
            ),
            "no whole numbers",
        ),
    ],
)
def test_broken_packs_are_told_in_a_line(workplace, damage, message):
    make("set", "format=packed")
    damage(workplace / "set")
    with pytest.raises(UserError, match=message):
        read("packed", "set")


def test_a_pack_holds_no_masks(workplace):
    with pytest.raises(UserError, match="images and texts alone"):
        make("set", "format=packed", "truth=true")


@pytest.mark.slow
def test_processes_change_nothing(workplace):
    make("one", "count=150")
    make("two", "count=150", "processes=2")
    assert read("folder", "one") == read("folder", "two")


@pytest.mark.parametrize("form", WRITERS.names())
def test_what_was_stopped_goes_on(workplace, monkeypatch, form):
    monkeypatch.setattr("data_generators.modes.parallel.CHUNK", 4)
    monkeypatch.setattr("data_generators.writers.parquet.ROWS_A_FILE", 4)
    calls = []

    def stop_after_two(source, indices, making):
        calls.append(indices)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return make_records(source, indices, making)

    make_records = module.make_records
    monkeypatch.setattr(module, "make_records", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        make("set", f"format={form}")
    assert not (workplace / "set").exists()
    calls.clear()
    monkeypatch.setattr(module, "make_records", lambda *given: calls.append(given[1]) or make_records(*given))
    make("set", f"format={form}")
    assert calls[0][0] == 8, "the first eight were written before"
    make("whole", f"format={form}")
    assert read(form, "set") == read(form, "whole")
    assert not list(workplace.glob("*.partial"))


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(workplace):
    for number in range(6):
        save(workplace / f"in/train/page{number}/{number}.png", picture(100 + number))
        (workplace / f"in/train/page{number}/{number}.gt.txt").write_text(f"line {number}")
    (workplace / "in/train/page2/2.png").write_bytes(b"junk")
    command = ["mode=convert", "data=folder", "data.root=in", "output=out", "processes=1"]
    with pytest.raises(PartialFailure, match=r"1 samples are left out.*left_out\.tsv"):
        convert(config(*command))
    assert [sample[0] for sample in read("folder", "out")["train"]] == [f"line {number}" for number in (0, 1, 3, 4, 5)]
    rows = (workplace / "out/left_out.tsv").read_text().splitlines()
    assert rows[0] == "where\tkind\treason"
    assert "page2/2.png" in rows[1] and "fault" in rows[1] and "not an image" in rows[1]


def test_a_corrected_text_begins_anew(workplace, monkeypatch):
    monkeypatch.setattr("data_generators.modes.parallel.CHUNK", 2)
    make("in")
    command = ["mode=convert", "data=folder", "data.root=in", "output=out", "processes=1"]
    make_records = module.make_records
    monkeypatch.setattr(
        module,
        "make_records",
        lambda source, indices, making: (
            (_ for _ in ()).throw(KeyboardInterrupt) if indices[0] else make_records(source, indices, making)
        ),
    )
    with pytest.raises(KeyboardInterrupt):
        convert(config(*command))
    labels = (workplace / "in/labels.tsv").read_text("utf-8").splitlines()
    (workplace / "in/labels.tsv").write_text(
        "\n".join([*labels[:-1], labels[-1].replace("\t", "\tCorrected ", 1)]) + "\n", "utf-8"
    )
    with pytest.raises(UserError, match="begun with another config or seed"):
        convert(config(*command))


def test_masks_and_boxes_survive_conversion(workplace):
    make("in", "truth=true")
    for data, root, output, form in (
        ("folder", "in", "l", "lmdb"),
        ("lmdb", "l", "p", "parquet"),
        ("parquet", "p", "out", "folder"),
    ):
        convert(config("mode=convert", f"data={data}", f"data.root={root}", f"output={output}", f"format={form}", "processes=1"))
    for name in ("mask/train/0000003.png", "glyphs/val/0000005.json"):
        assert (workplace / "in" / name).read_bytes() == (workplace / "out" / name).read_bytes()


def test_failures_do_not_shift_a_resumed_run():
    assert module._resume_at(5, []) == 5
    assert module._resume_at(5, [2]) == 6
    assert module._resume_at(5, [0, 6, 7]) == 8
    assert module._resume_at(0, [0, 1]) == 2


def test_outputs_are_not_overwritten_unasked(workplace):
    make("set")
    with pytest.raises(UserError, match="output=set exists"):
        make("set")
    make("set", "overwrite=true", "seed=2")
    assert json.loads((workplace / "set/recipe.json").read_text())["seed"] == 2
    (workplace / "mine").mkdir()
    (workplace / "mine/letter.txt").write_text("keep me")
    with pytest.raises(UserError, match="holds other files"):
        make("mine", "overwrite=true")
    assert (workplace / "mine/letter.txt").read_text() == "keep me"


def test_a_line_break_in_a_text_needs_another_format(workplace):
    write_lmdb(workplace / "db/train", ["one\ttwo"])
    command = ["mode=convert", "data=lmdb", "data.root=db", "processes=1"]
    assert read("lmdb", "db")["train"][0][0] == "one two"
    convert(config(*command, "output=out"))
    assert read("folder", "out")["train"][0][0] == "one two"


def test_truth_comes_along(workplace):
    make("set", "truth=true")
    glyphs = json.loads((workplace / "set/glyphs/train/0000000.json").read_text())
    assert {"text", "left", "top", "right", "bottom"} <= set(glyphs[0])
    assert (workplace / "set/mask/train/0000000.png").is_file()


def test_data_with_samples_of_their_own_are_not_generated(workplace):
    from utils.configuration.check import check

    (workplace / "in").mkdir()
    with pytest.raises(UserError, match="mode=convert writes them"):
        check(config("mode=generate", "data=folder", "data.root=in", "output=x"))
