"""Finds the commands and the Python examples in Markdown pages."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT

MARK = r"<!-- check: (?P<how>run|compose|skip) ?(?P<rest>.*?) ?-->\n"
OPENING = r'```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n'
FENCE = re.compile(rf"^(?:{MARK})?{OPENING}(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
FRONT_DOOR = "python main.py "
HISTORY = ROOT / "docs" / "results"  # its commands take hours, on data that cannot be passed on


@dataclass
class Example:
    """A command, an example in Python, or a file that a page shows.

    Attributes:
        page: relative to the repository.
        line: in the page.
        language: of the fence.
        how: ``run``; ``compose``, whose keys are checked and which does not run; ``skip``.
        text: a command without ``python main.py``, or the whole of an example.
        title: the file that it is.
        more: arguments that make a command small, as the page's mark says.
    """

    page: str
    line: int
    language: str
    how: str
    text: str
    title: str | None = None
    more: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> list[str]:
        """Those of a command."""
        return [*shlex.split(self.text), *self.more]

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """All pages that are written by hand."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples(page: Path) -> list[Example]:
    """What a page shows, from top to bottom.

    Raises:
        ValueError: a command that is not marked ``skip`` is none of ``python main.py``.
    """
    text, found = page.read_text("utf-8"), []
    by_default = "compose" if HISTORY in page.parents else "run"
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("body")) + 1
        place = (str(page.relative_to(ROOT)), line, match["language"])
        how = match["how"] or by_default
        if match["title"] or match["language"] == "python":
            found.append(Example(*place, how, match["body"], match["title"]))
        elif match["language"] == "bash" and how != "skip":
            more = shlex.split(match["rest"]) if match["how"] == "run" else []
            found += [Example(*place, how, command, None, more) for command in commands_of(match["body"], by_default, place)]
    return found


def commands_of(body: str, by_default: str, place: tuple) -> list[str]:
    """The commands of a fence, without ``python main.py`` and without comments."""
    lines = [line for line in body.replace("\\\n", " ").splitlines() if line.strip() and not line.lstrip().startswith("#")]
    ours = [line for line in lines if line.startswith(FRONT_DOOR)]
    if len(ours) < len(lines) and by_default == "run":
        raise ValueError(
            f"{place[0]}:{place[1]}: {set(lines) - set(ours)} cannot be run here: mark the fence <!-- check: skip WHY -->"
        )
    return [re.split(r"\s#\s", line.removeprefix(FRONT_DOOR) + " ")[0].strip() for line in ours]
