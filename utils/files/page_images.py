"""Where the image of a page's description lies."""

from collections.abc import Iterator
from pathlib import Path

from base.errors import UserError
from utils.files.images import IMAGE_SUFFIXES


def find_image(path: Path, name: str) -> Path:
    """The image that a description names, or of its own name: beside it, in the folder above, or in images/.

    Raises:
        UserError: there is none.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    for folder, wanted in places_of_image(path, last):
        if (folder / wanted).is_file():
            return folder / wanted
    raise no_image(path, last)


def places_of_image(path: Path, name: str, *more: Path) -> Iterator[tuple[Path, str]]:
    """Folders and names that the image of a description may have, likeliest first.

    ``name`` is what it says, or empty; ``more`` are folders to look in after the usual ones.
    """
    for wanted in ([name] if name else []) + [f"{path.stem}{suffix}" for suffix in sorted(IMAGE_SUFFIXES)]:
        for folder in (path.parent, path.parent.parent, path.parent / "images", path.parent.parent / "images", *more):
            yield folder, wanted


def no_image(path: Path, name: str) -> UserError:
    """The error for a description without an image."""
    return UserError(f"there is no image {name or path.stem + '.*'} beside it, in the folder above or in images/")
