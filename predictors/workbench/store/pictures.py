"""The pictures of a store: the files as they came, and small ones to be shown."""

import contextlib
import hashlib
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from PIL import Image

from predictors.workbench.store.tables import Page
from utils.files.images import Page as PagePicture
from utils.files.images import UnreadableImage, as_grey, open_pages
from utils.files.pdf_pages import SUFFIX as PDF
from utils.files.pictures import pages_of
from utils.files.whole import written_whole

ORIGINALS, SHOWN = "images", "shown"
JPEG_QUALITY = 82
WIDTHS_PX = (240, 1000, 2600)  # of a list, of a telephone, of a page that is zoomed into
KEPT_PIXELS = 120_000_000  # of the pages that were used last


class Pictures:
    """Files by the SHA-256 of their content, so that nothing in an upload decides where it lies.

    Args:
        folder: of the store.

    Attributes:
        keeping: held from when a file comes in until a page shows it, and while it is found out that none does any more.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: OrderedDict[tuple[str, int, bool], PagePicture] = OrderedDict()
        self._lock, self._drawing = threading.Lock(), threading.Lock()
        self.keeping = threading.RLock()

    def take(self, path: Path, suffix: str) -> str:
        """Moves a file into the store; returns its name there. A file that is there already is kept once."""
        name = f"{hash_of(path)}{suffix}"
        place = self.path(name)
        if place.is_file():
            path.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
        return name

    def forget(self) -> None:
        """Lets go of the pages that are kept in memory."""
        with self._lock:
            self._kept.clear()

    def remove(self, name: str) -> None:
        """Throws a file away, and what was drawn of it."""
        self.forget()
        self.path(name).unlink(missing_ok=True)
        for drawn in (self.folder / SHOWN / name[:2]).glob(f"{Path(name).stem}_*"):
            with contextlib.suppress(PermissionError):  # Windows keeps what is being sent
                drawn.unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Where a file of the store lies."""
        return self.folder / ORIGINALS / name[:2] / name

    def page(self, page: Page) -> PagePicture:
        """A page's pixels, as they came; raises UnreadableImage."""
        key = (page.file, page.number, page.is_upright)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        opened = self._open(page)
        with self._lock:
            self._kept[key] = opened
            while len(self._kept) > 1 and sum(kept.pixels.size for kept in self._kept.values()) > KEPT_PIXELS:
                self._kept.popitem(last=False)
        return opened

    def _open(self, page: Page) -> PagePicture:
        path = self.path(page.file)
        pages = pages_of(path, page.number) if path.suffix == PDF else open_pages(path, page.number, upright=page.is_upright)
        try:
            return next(iter(pages))
        except StopIteration as error:
            raise UnreadableImage(f"the file has no page {page.number + 1}") from error

    def grey(self, page: Page) -> np.ndarray:
        """uint8 (H, W)."""
        return as_grey(self.page(page).pixels)

    def shown(self, page: Page, width: int) -> Path:
        """A JPEG file of a page, as wide as one of `WIDTHS_PX` at most; it is drawn when it is first asked for."""
        upright = "" if page.is_upright else "_lying"
        path = self.folder / SHOWN / page.file[:2] / f"{Path(page.file).stem}_{page.number}{upright}_{width}.jpg"
        with self._drawing:  # one at a time: no two write one file, and memory stays flat
            if not path.is_file():
                pixels = self.page(page).pixels
                colour = pixels.dtype == np.uint8 and pixels.shape[2:] == (3,)
                picture = Image.fromarray(pixels if colour else as_grey(pixels))
                picture.thumbnail((width, 4 * width))
                with written_whole(path) as aside:
                    picture.save(aside, format="JPEG", quality=JPEG_QUALITY)
        return path


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
