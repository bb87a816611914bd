"""Paths as people type them; files whole or not at all; progress."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import UserError
from utils.configuration.command_line import quote_paths
from utils.files.whole import write_json, write_text, written_whole
from utils.runs.progress import progress

FILE_NAMES = st.text(st.characters(blacklist_characters="\x00\n\r", blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30)


@settings(deadline=None)
@given(FILE_NAMES)
def test_any_file_name_goes_through_hydra_unquoted(name):
    if name[0] in "'\"" or name == "null":
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
