"""A training that is packed, runs elsewhere, and comes home."""

import os
import shutil
import subprocess

import numpy as np
import pytest

from base.bundle import Bundle
from base.errors import UserError
from data_generators.synthesis.ranges import split_of
from data_generators.synthesis.writing.fonts import all_families
from tests.conftest import PYTHON, TINY_LINES, config, write_lines
from trainers.modes.train import train
from trainers.offline import make as module
from trainers.offline.bring_home import bring_home
from trainers.offline.make import make_offline
from utils.compute.bfloat16 import from_bfloat16, to_bfloat16
from utils.configuration.check import check
from utils.files.parts import parts_of, read_parts, write_parts

ARCHIVES = ("files.tar.xz", "fonts.tar.xz", "packages.tar.xz")
NO_PACKAGES = ["packages=[]"]  # the environment of the tests has them


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    return write_lines(
        tmp_path_factory.mktemp("offline") / "sets/mine", {name: ["aa bb", "ba ab"] for name in ("train", "val", "test")}
    )


@pytest.fixture(scope="module")
def fonts(tmp_path_factory):
    """A font family for each split."""
    folder = tmp_path_factory.mktemp("fonts")
    for split in ("train", "val", "test"):
        family = next(family for family in all_families(None) if family.hand == "handwriting" and split_of(family.name) == split)
        (folder / family.hand / family.name).mkdir(parents=True)
        shutil.copy(family.files[0], folder / family.hand / family.name)
    return folder


def offline(sets, *overrides):
    return config(
        *("mode=offline", *TINY_LINES, "data=mixture", "+data@data.mixture.mine=folder", "+data.mixture.mine.subfolder=mine"),
        *(
            "+data@data.mixture.synthetic=synthetic",
            "+data.mixture.synthetic.weight=0.5",
            "data.mixture.synthetic.languages=[en]",
        ),
        *("data.mixture.synthetic.charset=abc.txt", "charset=abc.txt", "data.mixture.synthetic.text.words=[1,1]"),
        *(f"data.root={sets.parent}", *NO_PACKAGES, *overrides),
    )


@pytest.mark.slow
def test_a_training_is_packed_run_elsewhere_and_brought_home(sets, fonts, workplace):
    (workplace / "abc.txt").write_text(" abcdefghijklmnopqrstuvwxyz", encoding="utf-8")
    (workplace / "texts").mkdir()
    (workplace / "texts/a.txt").write_text("some words of a corpus " * 50, encoding="utf-8")
    corpus = "data.mixture.synthetic.text.samplers.corpus={weight:5,folder:texts}"
    cfg = offline(sets, corpus, "trainer.steps_per_epoch=4", "tracking=none", f"data.mixture.synthetic.fonts={fonts}")
    check(cfg)
    make_offline(cfg)
    folder = workplace / "offline"
    assert {path.name for path in folder.iterdir()} == {"code", *ARCHIVES, "run.sh", "sets"}
    elsewhere = workplace / "elsewhere"
    elsewhere.mkdir()
    folder = folder.rename(elsewhere / "offline")
    (workplace / "abc.txt").unlink()
    shutil.rmtree(workplace / "texts")
    environment = {**os.environ, "PYTHON": PYTHON, "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow"), "WORKERS": "0"}
    subprocess.run(
        ["bash", str(folder / "run.sh"), "0.02", str(elsewhere / "results")], env=environment, check=True, capture_output=True
    )
    found = {path.name for path in (elsewhere / "results").iterdir()}
    assert found == {"config.yaml", "history.csv", "facts.json", "log.txt", "weights.npz.000", "state.npz.000"}
    home = ["mode=bring_home", *TINY_LINES, f"data.root={sets}", f"input={elsewhere / 'results'}", "tracking=none"]
    cfg = config(*home)
    check(cfg)
    bring_home(cfg)
    (run,) = (workplace / "experiments/runs/lines").iterdir()
    bundle = Bundle.load(run / "bundle", "lines")
    assert bundle.facts["charset"] == " abcdefghijklmnopqrstuvwxyz"
    assert "measured with" in (run / "bundle/card.md").read_text("utf-8")
    with np.load(run / "checkpoints/last.npz") as state:
        assert {state[name].dtype.kind for name in state.files if "momentum" in name} == {"f"}
    epochs = len((run / "history.csv").read_text("utf-8").splitlines())
    more = [*TINY_LINES, f"data.root={sets}", "tracking=none", "trainer.minutes=0.04", f"trainer.resume={run}"]
    with pytest.raises(UserError, match=r"belongs to another network .*: give the model, the charset"):
        train(config(*more))
    (workplace / "abc.txt").write_text(" abcdefghijklmnopqrstuvwxyz", encoding="utf-8")
    train(config(*more, "charset=abc.txt"))
    assert len((run / "history.csv").read_text("utf-8").splitlines()) > epochs  # it goes on where the other machine stopped
    (elsewhere / "results/weights.npz.000").unlink()
    with pytest.raises(UserError, match=r"a part of weights\.npz is missing"):
        bring_home(config(*home))


def test_a_folder_that_is_too_large_is_not_left_behind(sets, fonts, workplace, monkeypatch):
    monkeypatch.setattr(module, "pack_data", lambda data, cfg, work: data)
    (workplace / "abc.txt").write_text(" abcdefghijklmnopqrstuvwxyz", encoding="utf-8")
    with pytest.raises(UserError, match=r"takes \d+\.\d MiB \(.*code .*more than most_mib=0.1"):
        make_offline(offline(sets, "most_mib=0.1", f"data.mixture.synthetic.fonts={fonts}"))
    assert not list(workplace.glob("offline*"))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.root=null"], "data.root= is missing"),
        (["data.root=none"], "there is no such folder"),
        (["quality=0"], "from 1 .small. to 100"),
        (["most_mib=0"], "more than 0"),
        (["trainer.minutes=0"], "more than 0, or null"),
        (["trainer.lines.buckets=[512,256]"], "ascending widths"),
        (["trainer.lines.buckets=[32,256]"], "narrower than any text, 48 px high"),
        (["trainer.lines.buckets=[250]"], "no multiple of 32"),
        (["trainer.lines.buckets=[64,128,192,256,320,384,448]"], "1 to 6 ascending"),
        (["trainer.lines.batch_px=1000"], "not even one line of 1600 px"),
        (["runtime.workers=-1"], "0 .threads of this process. or more"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(sets, workplace, overrides, message):
    with pytest.raises(UserError, match=message) as error:
        check(config("mode=offline", "task=lines", f"data.root={sets}", *overrides))
    assert "\n" not in str(error.value)


def test_packages_that_nobody_pinned_are_refused(tmp_path):
    from trainers.offline.packages import install_packages

    with pytest.raises(UserError, match=r"no-such-thing is not in requirements-core\.lock"):
        install_packages(tmp_path / "packages.tar.xz", ["no-such-thing"], "3.12", set())


def test_only_the_words_and_locales_in_use_are_kept(tmp_path):
    from trainers.offline.packages import trim

    for name in ("wordfreq/data/large_fr.msgpack.gz", "wordfreq/data/small_fr.msgpack.gz",
                 "wordfreq/data/small_de.msgpack.gz", "babel/locale-data/fr_CH.dat",
                 "babel/locale-data/de.dat", "babel/locale-data/root.dat", "keras/tests/test_it.py", "keras/it.py"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    trim(tmp_path, {"fr"})
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        "wordfreq/data/small_fr.msgpack.gz",
        "babel/locale-data/fr_CH.dat",
        "babel/locale-data/root.dat",
        "keras/it.py",
    }


def test_files_in_parts_are_the_same_again(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.files.parts.PART_BYTES", 10)
    content = bytes(range(37))
    assert [part.name for part in write_parts(tmp_path / "a.npz", content)] == [f"a.npz.00{number}" for number in range(4)]
    assert read_parts(tmp_path / "a.npz") == content
    write_parts(tmp_path / "a.npz", content[:5])
    assert read_parts(tmp_path / "a.npz") == content[:5] and len(parts_of(tmp_path / "a.npz")) == 1
    assert read_parts(tmp_path / "b.npz") is None


def test_half_a_float_keeps_its_range():
    values = np.array([0.0, 1.0, -3.14159, 1e-30, 6e33, np.inf], np.float32)
    again = from_bfloat16(to_bfloat16(values))
    np.testing.assert_allclose(again, values, rtol=2**-8)
