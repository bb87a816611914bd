"""What ``input=`` means: a list of files with the names that they keep in the output."""

import glob
import html
import re
from collections import Counter
from pathlib import Path

from base.errors import UserError
from base.predictor import FileToRead
from utils.files.below import files_below, passed_over
from utils.files.images import IMAGE_SUFFIXES
from utils.files.page_images import find_image
from utils.files.tables import read_table

TABLE = "labels.tsv"
GLOB_CHARACTERS = "*?["
TAKEN = re.compile(r"(\.mask|_p\d{4}|^predictions_sheet)$")  # names that outputs of other files may have
DESCRIPTION = re.compile(rb"<(?:\w+:)?(?:PcGts|alto)[\s>]")  # the root of a PAGE or ALTO file
DESCRIPTION_BYTES = 4096
NAMED = re.compile(rb"(?:imageFilename\s*=\s*[\"']|<(?:\w+:)?fileName>)([^\"'<]+)")


def find_inputs(
    wanted: str, *, pages: bool = False, also: frozenset[str] = frozenset(), follow_links: bool = False
) -> list[FileToRead]:
    """The files of an image path, a folder (searched in depth, or by its ``labels.tsv``), a glob, or a ``labels.tsv``.

    They come in sorted or given order.

    Args:
        wanted: what the user asks for.
        pages: whether PAGE and ALTO files count; in a folder that has some, images are those of the pages.
        also: suffixes of other files that count.
        follow_links: whether symbolic links to folders are followed.

    Raises:
        UserError: there is nothing there.
    """
    if not wanted:
        raise UserError("input= is empty: name an image, a folder, a glob or a labels.tsv")
    path = Path(wanted)
    if path.is_dir() and (path / TABLE).is_file():
        return named(_from_labels(path / TABLE))
    if path.is_dir():
        files = files_below(path, IMAGE_SUFFIXES | also, follow_links=follow_links)
        descriptions = files_below(path, {".xml"}, follow_links=follow_links) if pages else []
        others = passed_over(path, [*files, *descriptions], follow_links=follow_links)
        files = with_descriptions(files, descriptions)
        if not files:
            raise UserError(
                f"input={wanted}: the folder holds no images ({', '.join(sorted(IMAGE_SUFFIXES))}); {others or 'nothing'}"
            )
        if others:
            print(f"note: {others}", flush=True)
        return named({file.relative_to(path).as_posix(): file for file in files})
    if path.is_file():
        return named(_from_labels(path) if path.suffix == ".tsv" else {path.name: path})
    if any(character in wanted for character in GLOB_CHARACTERS):
        files = [Path(match) for match in sorted(glob.glob(wanted, recursive=True)) if Path(match).is_file()]  # noqa: PTH207
        if files:
            root = _common_folder(files)
            return named({file.relative_to(root).as_posix(): file for file in files})
        raise UserError(f"input={wanted}: no file matches")
    raise UserError(f"input={wanted}: there is no such file or folder")


def with_descriptions(images: list[Path], xml: list[Path]) -> list[Path]:
    """The PAGE and ALTO files among those of XML, and the images that none of them describes."""
    descriptions, described = [], set()
    for file in xml:
        content = file.read_bytes()
        if DESCRIPTION.search(content[:DESCRIPTION_BYTES]):
            descriptions.append(file)
            described.add(image_described_by(file, content))
    return sorted([*descriptions, *(image for image in images if image.absolute() not in described)])


def image_described_by(description: Path, content: bytes) -> Path | None:
    """The image that a PAGE or ALTO file is of, as it is found when that is read; None where there is none."""
    name = NAMED.search(content)
    try:
        return find_image(description, html.unescape(name[1].decode("utf-8", "replace")).strip() if name else "")
    except UserError:
        return None


def named(paths: dict[str, Path]) -> list[FileToRead]:
    """Files by their names in the input; each is called after it in the output, without suffix where no two then collide."""
    whole = {name.casefold() for name in paths}
    stems = Counter(_stem(name).casefold() for name in paths)
    files = []
    for name, path in paths.items():
        stem = _stem(name)
        unique = stems[stem.casefold()] == 1 and stem.casefold() not in whole
        files.append(FileToRead(path, name, stem if unique and not TAKEN.search(stem) else name))
    return files


def _stem(name: str) -> str:
    return name.removesuffix(Path(name).suffix)


def _from_labels(path: Path) -> dict[str, Path]:
    rows = read_table(path, ("image",))
    if not rows:
        raise UserError(f"{path}: it lists no images")
    names = dict.fromkeys(row["image"] for _, row in rows)
    if any("\\" in name and not (path.parent / name).is_file() for name in names):  # as Windows writes them
        names = {name.replace("\\", "/"): None for name in names}
    for name in names:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise UserError(f"{path}: {name} lies outside {path.parent}")
    return {name: path.parent / name for name in names}


def _common_folder(files: list[Path]) -> Path:
    folders = [set(file.parents) for file in files]
    return max(set.intersection(*folders), key=lambda folder: len(folder.parts))
