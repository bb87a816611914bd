"""Where the image of a page's description lies."""

from pathlib import Path

from base.errors import UserError
from utils.files.images import IMAGE_SUFFIXES


def find_image(path: Path, name: str) -> Path:
    """The image that a description names, or of its own name: beside it, in the folder above, or in images/.

    Raises:
        UserError: there is none.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    for wanted in ([last] if last else []) + [f"{path.stem}{suffix}" for suffix in sorted(IMAGE_SUFFIXES)]:
        for folder in (path.parent, path.parent.parent, path.parent / "images", path.parent.parent / "images"):
            if (folder / wanted).is_file():
                return folder / wanted
    raise UserError(f"there is no image {last or path.stem + '.*'} beside it, in the folder above or in images/")
