"""Paths as people type them; files whole or not at all; progress."""

import os
import subprocess

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import UserError
from tests.conftest import PYTHON, ROOT
from utils.configuration.command_line import how_to_go_on, quote_paths, refuse_words
from utils.files.whole import write_json, write_text, written_whole
from utils.runs.progress import progress

CONFIGS = ROOT / "configs"
FILE_NAMES = st.text(st.characters(blacklist_characters="\x00\n\r", blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30)


@settings(deadline=None)
@given(FILE_NAMES)
def test_any_file_name_goes_through_hydra_unquoted(name):
    if name[0] in "'\"~" or name == "null":
        return
    (argument,) = quote_paths([f"input={name}"])
    assert OverridesParser.create().parse_override(argument).value() == name


@pytest.mark.parametrize(
    "argument", ["model.depth=3", "input='quoted, already'", 'data.root="x y"', "input=null", "--multirun", "task=eraser"]
)
def test_other_arguments_stay(argument):
    assert quote_paths([argument]) == [argument]


def test_lists_of_a_multirun_stay():
    assert quote_paths(["--multirun", "data.root=a,b"])[1] == "data.root=a,b"
    assert quote_paths(["data.root=a,b"]) == ["data.root='a,b'"]


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "deep" / "file.json"
    write_json(path, {"é": 1})
    assert path.read_text("utf-8") == '{\n  "é": 1\n}\n'
    with pytest.raises(RuntimeError), written_whole(path) as aside:
        aside.write_text("half")
        raise RuntimeError
    assert "é" in path.read_text("utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["file.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write"):
        write_text(tmp_path / "file" / "below.txt", "x")


def test_progress_passes_everything_on(capsys):
    assert list(progress(range(3), "things")) == [0, 1, 2]
    assert "3/3 things" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("predict", "predict: did you mean mode=predict"),
        ("lines", "lines: did you mean task=lines"),
        ("eraser", "did you mean task=eraser"),
        ("--hlep", r"unknown option '--hlep': did you mean --help"),
        ("banana", "banana: arguments are key=value"),
    ],
)
def test_words_that_are_no_arguments_are_refused(argument, message):
    with pytest.raises(UserError, match=message):
        refuse_words(["task=lines", argument], CONFIGS)


def test_options_and_deletions_pass():
    refuse_words(
        ["--multirun", "-m", "~data.mixture.strokes", "+a.b=1", "task=lines", "--cfg=job", "--cfg", "job", "-cd", "x"], CONFIGS
    )
    assert how_to_go_on(["mode=a,b"]) == "the same command begins anew"


def test_the_home_folder_is_meant_by_its_sign(monkeypatch):
    monkeypatch.setenv("HOME", "/home/clio")
    assert quote_paths(["input=~/scans", "weights.lines=~/b", "data.root=~"]) == [
        "input='/home/clio/scans'",
        "weights.lines='/home/clio/b'",
        "data.root='/home/clio'",
    ]
    assert quote_paths(["competitors=[~/a,b,~/c]"]) == ["competitors=[/home/clio/a,b,/home/clio/c]"]
    assert quote_paths(["--multirun", "data.root=~/a,~/b"])[1] == "data.root=/home/clio/a,/home/clio/b"
    assert quote_paths(["input=a~b", "note=~x"]) == ["input='a~b'", "note=~x"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["task=lines"], "the same command goes on"),
        (["mode=predict", "input=x"], "resume=true"),
        (["mode=evaluate"], "begins anew"),
        (["mode=serve"], "nothing is served"),
    ],
)
def test_a_stopped_command_says_how_it_goes_on(arguments, words):
    assert words in how_to_go_on(arguments)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_of_another_encoding_shows_what_it_can(encoding, tmp_path):
    command = [PYTHON, str(ROOT / "main.py"), "task=lines", "data.root=/없는/곳"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 2
    assert b"there is no such folder" in done.stderr and b"Traceback" not in done.stderr
