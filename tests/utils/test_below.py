"""What lies below a folder: hidden companions do not count, links are followed if asked for, the rest is counted aloud."""

import numpy as np
import pytest
from PIL import Image

from base.errors import UserError
from predictors.modes.inputs import find_inputs
from tests.conftest import TEXTS, write_lines
from tests.data_generators.test_sources import open_source, texts
from utils.files.below import files_below, passed_over, tell_of_links


@pytest.fixture
def folder(tmp_path):
    """Images with texts beside them, and what systems and people put there too."""
    root = tmp_path / "set"
    (root / "deep").mkdir(parents=True)
    for name in ("a", "deep/b"):
        Image.fromarray(np.full((40, 90), 230, np.uint8)).save(root / f"{name}.png")
        (root / f"{name}.gt.txt").write_text(name, "utf-8")
    for hidden in ("._a.png", "._a.gt.txt", ".git/c.png", "__MACOSX/._a.png", "deep/.DS_Store"):
        (root / hidden).parent.mkdir(exist_ok=True)
        (root / hidden).write_bytes(b"\x00\x05\x16\x07")
    for other in ("photo.HEIC", "notes.docx", "README"):
        (root / other).write_bytes(b"x")
    return root


def test_hidden_companions_are_no_data(folder):
    assert [path.name for path in files_below(folder, {".png"})] == ["a.png", "b.png"]
    assert texts(open_source("folder", folder, "data.split.by=fraction", "data.split.val=0", "data.split.test=0")) == [
        "a",
        "deep/b",
    ]
    assert [file.image for file in find_inputs(str(folder))] == ["a.png", "deep/b.png"]


def test_what_is_passed_over_is_counted_aloud(folder, capsys):
    find_inputs(str(folder))
    assert "5 files of" in (said := capsys.readouterr().out)
    assert ".docx 1, .heic 1, .txt 2, no suffix 1" in said
    assert passed_over(folder, [path for path in folder.rglob("*") if path.is_file()]) is None
    for image in folder.rglob("*.png"):
        image.unlink()
    with pytest.raises(UserError, match=r"holds no images .*\.heic 1"):
        find_inputs(str(folder))


def test_links_to_folders_are_followed_if_that_is_asked_for(folder, tmp_path, capsys):
    tell_of_links.cache_clear()
    (tmp_path / "other").mkdir()
    Image.fromarray(np.full((40, 90), 230, np.uint8)).save(tmp_path / "other/c.png")
    (folder / "linked").symlink_to(tmp_path / "other")
    (tmp_path / "other/back").symlink_to(folder)  # round and round
    assert [path.name for path in files_below(folder, {".png"})] == ["a.png", "b.png"]
    assert "1 symbolic links to folders are not followed" in capsys.readouterr().out
    assert [path.name for path in files_below(folder, {".png"}, follow_links=True)] == ["a.png", "b.png", "c.png"]
    assert len(find_inputs(str(folder), follow_links=True)) == 3
    (folder / "a_link_to_a_folder_here").symlink_to(folder / "deep")
    assert len(files_below(folder, {".png"}, follow_links=True)) == 3  # each folder once


def test_links_to_images_may_lead_outside_if_that_is_asked_for(tmp_path):
    root = write_lines(tmp_path / "set", {"train": TEXTS[:2], "val": TEXTS[:1], "test": TEXTS[:1]})
    image = root / "images/train_1.png"
    image.rename(tmp_path / "store.png")
    image.symlink_to(tmp_path / "store.png")
    with pytest.raises(UserError, match=r"lies outside .*data\.follow_links=true"):
        open_source("folder", root)
    assert texts(open_source("folder", root, "data.follow_links=true")) == TEXTS[:2]
    table = root / "labels.tsv"
    table.write_text(table.read_text("utf-8").replace("images/train_1.png", "../store.png"), "utf-8")
    with pytest.raises(UserError, match="lies outside"):
        open_source("folder", root, "data.follow_links=true")


def test_a_folder_with_a_table_is_read_by_it(tmp_path):
    root = write_lines(tmp_path / "set", {"test": TEXTS[:2]})
    Image.fromarray(np.full((40, 90), 230, np.uint8)).save(root / "contact_sheet.png")
    assert [file.image for file in find_inputs(str(root))] == ["images/test_0.png", "images/test_1.png"]
