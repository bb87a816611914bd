"""What every source that reads files can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from base.registry import unknown_name

SPLIT_RULES = ("auto", "given", "files", "fraction")
PROBLEM_RULES = ("error", "skip")
TRANSCRIPTIONS = ("as_written", "without_markup", "expanded", "certain")


@dataclass
class Split:
    """Which samples are for what; see `data_generators.sources.reading.catalogue.Catalogue`."""

    by: str  # auto, given, files, fraction
    files: dict[str, str | None]  # train, val, test to a list of names or groups
    val: float  # part of the groups
    test: float  # part of the groups
    seed: int


@dataclass
class Files:
    """The keys that sources of files share."""

    name: str
    source: str  # registered source
    root: str | None  # folder
    follow_links: bool
    split: Split
    transcription: str
    on_problem: str  # error, skip


def check_part(key: str, data: Mapping) -> None:
    """The rules of a source of files that has no others; ``key`` is where its values stand."""
    check_files(key, data)


def check_files(key: str, data: Mapping) -> None:
    """Raises UserError for values that no source of files can work with; ``key`` is where they stand."""
    if data["root"] is None:
        raise UserError(f"{key}.root= is missing: name the folder that holds the data")
    if not Path(data["root"]).is_dir():
        raise UserError(f"{key}.root={data['root']}: there is no such folder")
    check_rules(key, data)


def check_rules(key: str, data: Mapping) -> None:
    """The same without the folder."""
    split = data["split"]
    for name, value, known in (
        ("split.by", split["by"], SPLIT_RULES),
        ("on_problem", data["on_problem"], PROBLEM_RULES),
        ("transcription", data["transcription"], TRANSCRIPTIONS),
    ):
        if value not in known:
            raise UserError(f"{key}.{name}: " + unknown_name("rule", str(value), list(known)))
    if min(split["val"], split["test"]) < 0 or split["val"] + split["test"] >= 1:
        raise UserError(f"{key}.split: val and test are fractions that together leave something to train on")
    for name in split["files"]:
        if name not in ("train", "val", "test"):
            raise UserError(f"{key}.split.files.{name}: it must be train, val or test")
