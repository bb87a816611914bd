"""mode=check_data finds what is wrong, names it, and takes nothing away in silence."""

import json

import numpy as np
import pytest

from base.errors import PartialFailure
from data_generators.modes.check_data import check_data
from tests.conftest import config
from tests.data_generators.test_sources import picture, png, save


@pytest.fixture
def troubled(workplace):
    """Twenty good lines and one of every trouble."""
    root = workplace / "data"
    rows = []

    def add(name, text, split="train", image=None):
        if image is not None:
            save(root / name, image)
        rows.append(f"{name}\t{text}\tgroup of {name}\t{split}")

    for number in range(20):
        add(f"{number}.png", f"good line {number}", "train" if number < 15 else "val", picture(200 + 2 * number, 40))
    add("empty.png", "nothing here", image=np.full((40, 180), 200, np.uint8))
    add("blank.png", "  ", image=picture(181))
    add("markup.png", "a <unclear>word</unclear>", image=picture(191))
    add("narrow.png", "much too much text for this", image=picture(40))
    add("odd.png", "snow ☃ man", image=picture(192))
    add("tiny.png", "x", image=picture(60, 9))
    add("twin.png", "good line", "train", picture(150, 33))
    add("twin2.png", "good line", "val", picture(150, 33))
    add("missing.png", "x")
    (root / "junk.png").write_bytes(png(picture())[:60])
    rows.append("junk.png\tx\tgroup of junk\ttrain")
    (root / "labels.tsv").write_text("\n".join(["image\ttext\tgroup\tsplit", *rows]) + "\n", encoding="utf-8")
    (workplace / "charset.txt").write_text("abcdefghijklmnopqrstuvwxyz0123456789<>/")
    return root


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_trouble_is_found(troubled, workplace, capsys, processes):
    command = ["mode=check_data", "data=folder", f"data.root={troubled}", "output=report", "charset=charset.txt"]
    with pytest.raises(PartialFailure, match=r"findings\.tsv lists them"):
        check_data(config(*command, f"processes={processes}"))
    report = json.loads((workplace / "report/report.json").read_text("utf-8"))
    assert report["findings"] == {
        "unreadable": 1, "empty": 1, "no_text": 1, "markup": 1, "too_narrow": 1, "outside_charset": 1, "duplicate": 1,
        "left_out": 0, "broken": 1,
    }  # fmt: skip
    assert report["splits"]["train"]["samples"] == 15 + 7
    assert report["characters"]["☃"] == 1
    rows = [row.split("\t") for row in (workplace / "report/findings.tsv").read_text("utf-8").splitlines()]
    named = {row[0]: row[2].rpartition("/")[2] for row in rows[1:]}
    assert named["empty"] == "empty.png" and named["too_narrow"] == "narrow.png" and named["unreadable"] == "junk.png"
    assert named["broken"].startswith("labels.tsv:") and named["duplicate"] == "twin.png"
    assert (workplace / "report/strangest.png").is_file()
    printed = capsys.readouterr().out
    assert "images that are in more than one split" in printed and "☃  U+2603" in printed


def test_good_data_pass(workplace, capsys):
    for number in range(8):
        save(workplace / f"data/train/page{number}/a.png", picture(150 + number))
        (workplace / f"data/train/page{number}/a.gt.txt").write_text(f"line {number}")
    check_data(config("mode=check_data", "data=folder", "data.root=data", "output=report", "processes=1"))
    assert set(json.loads((workplace / "report/report.json").read_text())["findings"].values()) == {0}


def test_a_mixture_is_checked_to_its_end(troubled, workplace, capsys):
    mixture = ["data=mixture", "+data@data.mixture.a=folder", f"data.mixture.a.root={troubled}"]
    with pytest.raises(PartialFailure):
        check_data(config("mode=check_data", *mixture, "output=report", "processes=1"))
    assert json.loads((workplace / "report/report.json").read_text("utf-8"))["findings"]["broken"] == 1


def test_parts_of_a_mixture_are_not_made_up_without_end(workplace, capsys):
    for number in range(3):
        save(workplace / f"data/train/page{number}/a.png", picture(150 + number))
        (workplace / f"data/train/page{number}/a.gt.txt").write_text(f"line {number}")
    parts = ["+data@data.mixture.a=folder", "data.mixture.a.root=data", "+data@data.mixture.b=synthetic"]
    check_data(config("mode=check_data", "data=mixture", *parts, "samples=4", "splits=[train]", "output=report", "processes=1"))
    assert json.loads((workplace / "report/report.json").read_text("utf-8"))["splits"]["train"]["samples"] == 7


def test_made_up_data_can_be_checked_too(workplace, capsys):
    check_data(config("mode=check_data", "data=synthetic", "samples=6", "splits=[train]", "output=report", "processes=1"))
    assert json.loads((workplace / "report/report.json").read_text("utf-8"))["splits"]["train"]["samples"] == 6
