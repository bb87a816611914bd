"""Every command of the documentation composes, and the component that a guide adds works; `make docs-check` runs the commands."""

import ast
import re

import pytest

from tests.docs.check import composed, filled_in, run_in_copy
from tests.docs.commands import ROOT, examples, pages
from tests.docs.workplace import fill
from trainers.offline.make import CODE

GUIDE = ROOT / "docs/guides/extend.md"
TROUBLES = ROOT / "docs/guides/troubleshooting.md"
SHORTEST = 8  # characters of a message's part that are looked for


def texts_in(file):
    """The texts of a Python file; what is filled in is ``...``."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_messages_are_those_of_the_program():
    """The parts of every message that the page on troubles quotes stand in the program."""
    files = [file for name in CODE for file in ((ROOT / name).rglob("*.py") if (ROOT / name).is_dir() else [ROOT / name])]
    known = "\n".join([(ROOT / "Makefile").read_text("utf-8"), *(text for file in files for text in texts_in(file))])
    quoted = re.findall(r"^\*\*`(.+)`\*\*$", TROUBLES.read_text("utf-8"), re.MULTILINE)
    parts = [part.strip(" :;,?") for message in quoted for part in message.split("...")]
    assert len(quoted) > 15
    assert not [part for part in parts if len(part) >= SHORTEST and part not in known]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in pages() if page != GUIDE], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_composes(page):
    for example in examples(page):
        if example.language == "bash" and example.how != "skip" and not {"--help", "--cfg"} & set(example.arguments):
            composed([filled_in(argument) for argument in example.arguments], checked=False)


@pytest.mark.slow
def test_the_component_of_the_guide_works(tmp_path):
    fill(tmp_path)
    run_in_copy(examples(GUIDE), tmp_path)
