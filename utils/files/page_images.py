"""The image of a page's description: where it lies, and which way up the description means it."""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from base.errors import UserError
from utils.files.images import IMAGE_SUFFIXES, image_size, read_grey

SAME_SHAPE = 0.02  # by how much the page's and the image's aspect ratios may differ

Allowed = Callable[[Path], bool]


def find_image(path: Path, name: str, root: Path | None = None, allowed: Allowed = lambda file: True) -> Path:
    """The image of a description: what it names, else a file of that name or of its own beside it, one folder up or in images/.

    Folders of another machine and the other kind of slash do not matter; nor does the suffix, nor upper or lower case.

    Args:
        path: of the description.
        name: what it says, or empty.
        root: what the named file must lie below, and where else it is looked for; None: the folder above the description's.
        allowed: whether a file may be used.

    Raises:
        UserError: there is none.
    """
    path, name = path.absolute(), name.replace("\\", "/")
    last = name.rpartition("/")[2]
    given = path.parent / name
    if name and _is_below(given, root or path.parent.parent) and _is_image(given) and allowed(given):
        return given
    folders = [path.parent, path.parent.parent, path.parent / "images", path.parent.parent / "images", *([root] if root else [])]
    for folder in folders:
        if last and _is_image(folder / last) and allowed(folder / last):
            return folder / last
    for stem in filter(None, (Path(last).stem, path.stem)):
        for folder in folders:
            for file in _by_stem(folder).get(stem.casefold(), []):
                if allowed(file):
                    return file
    raise UserError(f"there is no image {last or path.stem + '.*'} beside it, in the folder above or in images/")


def _is_below(path: Path, folder: Path) -> bool:
    """Whether a file lies below a folder, as its name says; symbolic links are somebody else's business."""
    return Path(os.path.normpath(path.absolute())).is_relative_to(os.path.normpath(folder.absolute()))


def _is_image(path: Path) -> bool:
    try:
        return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _by_stem(folder: Path) -> dict[str, list[Path]]:
    """The images of a folder by their names without suffix, in lower case."""
    try:
        return _listed(folder, folder.stat().st_mtime_ns)
    except OSError:
        return {}


@lru_cache(maxsize=16)
def _listed(folder: Path, changed: int) -> dict[str, list[Path]]:
    stems: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        if _is_image(file) and not file.name.startswith("."):
            stems.setdefault(file.stem.casefold(), []).append(file)
    return stems


def same_shape(size: tuple[float, float], image_HW: tuple[int, ...]) -> bool:
    """Whether a page of a width and a height, in any unit, may be an image; one that says neither may."""
    (width, height), (rows, columns) = size, image_HW[:2]
    return width <= 0 or height <= 0 or abs(width / height * rows / columns - 1) <= SAME_SHAPE


def described_size(image: Path, size: tuple[float, float]) -> tuple[int, int]:
    """Height and width in pixels of an image as the description of a page of that width and height means it.

    That is upright, as EXIF says, unless only the image as it lies in its file has the page's shape.
    """
    return image_size(image, upright=_is_meant_upright(image, size))


def read_described(image: Path, size: tuple[float, float]) -> np.ndarray:
    """The image itself, uint8 (H, W) grey: see `described_size`."""
    return read_grey(image, upright=_is_meant_upright(image, size))


def _is_meant_upright(image: Path, size: tuple[float, float]) -> bool:
    return same_shape(size, image_size(image)) or not same_shape(size, image_size(image, upright=False))
