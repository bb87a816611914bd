"""mode=generate writes sets that can be read again, and goes on where it stopped."""

import json

import numpy as np
import pytest
from PIL import Image

from base.errors import UserError
from base.types import FAMILIES, Ink
from data_generators.modes.generate import generate
from data_generators.sources.folder import COLUMNS
from tests.conftest import TINY, config
from utils.files.tables import read_table


def run(output, *overrides):
    generate(config("mode=generate", *TINY, f"output={output}", "count=3", "splits=[train,test]", *overrides))


def images(folder, split):
    return [folder / row["image"] for _, row in read_table(folder / "labels.tsv", COLUMNS) if row["split"] == split]


def test_a_set_is_complete_and_exact(workplace):
    run("set")
    folder = workplace / "set"
    assert len(images(folder, "train")) == 3
    assert len(images(folder, "test")) == 3
    assert (folder / "contact_sheet.png").is_file()
    for path in images(folder, "test"):
        name = path.name
        ink = np.asarray(Image.open(folder / "masks/test" / name))
        for family, bit in (*FAMILIES.items(), ("text", Ink.TEXT)):
            picture = np.asarray(Image.open(folder / "masks" / family / "test" / name))
            np.testing.assert_array_equal(picture > 0, (ink & bit) != 0)
        assert Image.open(path).size == Image.open(folder / "clean/test" / name).size


def test_what_is_there_is_kept(workplace):
    run("set")
    folder = workplace / "set"
    kept, lost = folder / "images/train/000000.png", folder / "facts/train/000001.json"
    before = {path: path.stat().st_mtime_ns for path in (kept, folder / "images/train/000001.png")}
    content = (folder / "images/train/000001.png").read_bytes()
    lost.unlink()
    run("set")
    assert kept.stat().st_mtime_ns == before[kept]
    assert (folder / "images/train/000001.png").stat().st_mtime_ns != before[folder / "images/train/000001.png"]
    assert (folder / "images/train/000001.png").read_bytes() == content


def test_two_sets_are_not_mixed(workplace):
    run("set")
    with pytest.raises(UserError, match="another config or seed"):
        run("set", "seed=9")
    run("set", "seed=9", "overwrite=true")
    assert json.loads((workplace / "set/generate.json").read_text())["seed"] == 9


def test_a_folder_with_other_files_is_left_alone(workplace):
    (workplace / "mine").mkdir()
    (workplace / "mine/letter.txt").write_text("keep me")
    with pytest.raises(UserError, match="holds other files"):
        run("mine", "overwrite=true")
    assert (workplace / "mine/letter.txt").read_text() == "keep me"
