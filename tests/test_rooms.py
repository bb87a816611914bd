"""The order of the rooms: no module imports one of a room above its own."""

import ast
from pathlib import Path

import pytest

from base import registry
from base.registry import ROOT, Registry

STOREYS = (  # from the ground up; rooms of one storey know nothing of each other
    ("base",),
    ("utils",),
    ("preprocessing", "callbacks"),
    ("configs",),
    ("data_generators", "models"),
    ("predictors",),
    ("trainers",),
)
STOREY = {room: height for height, rooms in enumerate(STOREYS) for room in rooms}
MOST_FILES = 12  # side by side, where they are no components


def imported(file: Path) -> set[str]:
    """The rooms that a module imports from, wherever in the file it does."""
    tree = ast.parse(file.read_text("utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names} & set(STOREY)


@pytest.mark.parametrize("room", STOREY)
def test_no_arrow_points_upward(room):
    """A module imports its own room and those on the storeys below."""
    upward = {
        f"{file.relative_to(ROOT)} imports {other}"
        for file in (ROOT / room).rglob("*.py")
        for other in imported(file)
        if other != room and STOREY[other] >= STOREY[room]
    }
    assert not upward


def test_no_folder_is_full():
    """A dozen files stand side by side at the most, but for components, which are as many as there are."""
    components = {room.package.replace(".", "/") for room in vars(registry).values() if isinstance(room, Registry)}
    abstractions = {"base"}
    folders = {folder.parent for room in STOREY if room != "configs" for folder in (ROOT / room).rglob("*.py")}
    full = {
        str(folder.relative_to(ROOT))
        for folder in folders
        if sum(file.name != "__init__.py" for file in folder.glob("*.py")) > MOST_FILES
    }
    assert full <= components | abstractions
