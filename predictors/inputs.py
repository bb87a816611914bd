"""What ``input=`` means: a list of files with the names that they keep in the output."""

import csv
import glob
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from utils.images import IMAGE_SUFFIXES

GLOB_CHARACTERS = "*?["


@dataclass(frozen=True)
class InputFile:
    """A file and its name relative to what was asked for."""

    path: Path
    name: str


def find_inputs(wanted: str) -> list[InputFile]:
    """The files of an image path, a folder (searched in depth), a glob, or a ``labels.tsv``, in sorted or given order.

    Raises:
        UserError: there is nothing there.
    """
    path = Path(wanted)
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix.lower() in IMAGE_SUFFIXES]
        found = [InputFile(file, file.relative_to(path).as_posix()) for file in files]
        if not found:
            raise UserError(f"input={wanted}: the folder holds no images ({', '.join(sorted(IMAGE_SUFFIXES))})")
        return found
    if path.is_file():
        return _from_labels(path) if path.suffix == ".tsv" else [InputFile(path, path.name)]
    if any(character in wanted for character in GLOB_CHARACTERS):
        files = [Path(match) for match in sorted(glob.glob(wanted, recursive=True)) if Path(match).is_file()]  # noqa: PTH207
        if files:
            root = _common_folder(files)
            return [InputFile(file, file.relative_to(root).as_posix()) for file in files]
        raise UserError(f"input={wanted}: no file matches")
    raise UserError(f"input={wanted}: there is no such file or folder")


def output_names(inputs: list[InputFile]) -> dict[Path, str]:
    """For each input its name without the suffix, or with it where two would collide."""
    stems: dict[str, int] = {}
    for file in inputs:
        stem = file.name.removesuffix(Path(file.name).suffix)
        stems[stem.casefold()] = stems.get(stem.casefold(), 0) + 1
    names = {}
    for file in inputs:
        stem = file.name.removesuffix(Path(file.name).suffix)
        names[file.path] = stem if stems[stem.casefold()] == 1 else file.name
    return names


def _from_labels(path: Path) -> list[InputFile]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if "image" not in (rows.fieldnames or []):
            raise UserError(f"{path}: the header lacks the column image")
        return [InputFile(path.parent / row["image"], _safe_name(path, row["image"])) for row in rows]


def _safe_name(labels: Path, name: str) -> str:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise UserError(f"{labels}: {name} lies outside {labels.parent}")
    return name


def _common_folder(files: list[Path]) -> Path:
    folders = [set(file.parents) for file in files]
    return max(set.intersection(*folders), key=lambda folder: len(folder.parts))
