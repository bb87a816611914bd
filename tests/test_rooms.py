"""The rooms are not crowded. (What may import what is a contract of import-linter, in pyproject.toml: `make lint`.)"""

import tomllib

from base import registry
from base.registry import ROOT, Registry

TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
ROOMS = TOOLS["importlinter"]["root_packages"]
MOST_FILES = 12  # side by side, where they are no components


def test_no_folder_is_full():
    """A dozen files stand side by side at the most, but for components, which are as many as there are."""
    components = {room.package.replace(".", "/") for room in vars(registry).values() if isinstance(room, Registry)}
    abstractions = {"base"}
    folders = {folder.parent for room in ROOMS if room != "configs" for folder in (ROOT / room).rglob("*.py")}
    full = {
        str(folder.relative_to(ROOT))
        for folder in folders
        if sum(file.name != "__init__.py" for file in folder.glob("*.py")) > MOST_FILES
    }
    assert full <= components | abstractions


def test_every_room_is_installed():
    """By `pip install -e .`, after which `from predictors import load` works anywhere."""
    assert [f"{room}*" for room in ROOMS] == TOOLS["setuptools"]["packages"]["find"]["include"]
    assert {folder.parent.name for folder in ROOT.glob("*/__init__.py")} == set(ROOMS)
