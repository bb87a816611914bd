"""What ``input=`` means: a list of files with the names that they keep in the output."""

import glob
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from utils.files.images import IMAGE_SUFFIXES
from utils.files.tables import read_table

GLOB_CHARACTERS = "*?["
TAKEN = re.compile(r"(\.mask|_p\d{4}|^predictions_sheet)$")  # names that outputs of other files may have
DESCRIPTION = re.compile(rb"<(?:\w+:)?(?:PcGts|alto)[\s>]")  # the root of a PAGE or ALTO file
DESCRIPTION_BYTES = 4096
NAMED = re.compile(rb"(?:imageFilename=\"|<fileName>)([^\"<]+)")


@dataclass(frozen=True)
class InputFile:
    """A file and its name relative to what was asked for."""

    path: Path
    name: str


def find_inputs(wanted: str, *, pages: bool = False, also: frozenset[str] = frozenset()) -> list[InputFile]:
    """The files of an image path, a folder (searched in depth), a glob, or a ``labels.tsv``, in sorted or given order.

    Args:
        wanted: what the user asks for.
        pages: whether PAGE and ALTO files count; in a folder that has some, images are those of the pages.
        also: suffixes of other files that count.

    Raises:
        UserError: there is nothing there.
    """
    if not wanted:
        raise UserError("input= is empty: name an image, a folder, a glob or a labels.tsv")
    path = Path(wanted)
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix.lower() in IMAGE_SUFFIXES | also]
        if pages:
            files = with_descriptions(path, files)
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


def with_descriptions(folder: Path, images: list[Path]) -> list[Path]:
    """The PAGE and ALTO files of a folder, and the images that none of them describes."""
    described: dict[Path, bytes] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() == ".xml" and file.is_file():
            content = file.read_bytes()
            if DESCRIPTION.search(content[:DESCRIPTION_BYTES]):
                described[file] = content
    found = (name for text in described.values() for name in NAMED.findall(text))
    names = {name.decode("utf-8", "replace").strip().rpartition("/")[2] for name in found}
    stems = {file.stem for file in described}
    return sorted([*described, *(image for image in images if image.name not in names and image.stem not in stems)])


def output_names(inputs: list[InputFile]) -> dict[str, str]:
    """For each input's name the name of its output: without the suffix, or with it where two outputs would collide."""
    whole = {file.name.casefold() for file in inputs}
    stems = Counter(_stem(file.name).casefold() for file in inputs)
    names = {}
    for file in inputs:
        stem = _stem(file.name)
        unique = stems[stem.casefold()] == 1 and stem.casefold() not in whole
        names[file.name] = stem if unique and not TAKEN.search(stem) else file.name
    return names


def _stem(name: str) -> str:
    return name.removesuffix(Path(name).suffix)


def _from_labels(path: Path) -> list[InputFile]:
    rows = read_table(path, ("image",))
    if not rows:
        raise UserError(f"{path}: it lists no images")
    names = dict.fromkeys(row["image"] for _, row in rows)
    for name in names:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise UserError(f"{path}: {name} lies outside {path.parent}")
    return [InputFile(path.parent / name, name) for name in names]


def _common_folder(files: list[Path]) -> Path:
    folders = [set(file.parents) for file in files]
    return max(set.intersection(*folders), key=lambda folder: len(folder.parts))
