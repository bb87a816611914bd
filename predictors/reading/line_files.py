"""Files that hold lines: an image of one, a TIFF of several, a page with its description."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from base.predictor import FileToRead
from base.types import Prediction
from predictors.reading.confidence import LineReading
from predictors.reading.described_page import DescribedPage
from utils.drawing.pictures import attention_picture, contact_sheet, save_picture
from utils.files.images import UnreadableImage, as_grey, open_pages

Picture = np.ndarray | Path | bytes | UnreadableImage  # the last for what is known to be unreadable already
SEVERAL_PAGES = (".tif", ".tiff")


@dataclass
class OpenedFile:
    """A file's lines, and what was read in them so far.

    Attributes:
        file: where they are.
        pictures: of the lines; the path itself for an image, so that it is decoded when its turn comes.
        page: the page, where the file is a description of one.
        readings: for the first of the pictures.
    """

    file: FileToRead
    pictures: list[Picture]
    page: DescribedPage | None = None
    readings: list[LineReading | UnreadableImage] = field(default_factory=list)

    @classmethod
    def open(cls, file: FileToRead) -> "OpenedFile":
        """Finds a file's lines; a file that is broken has one picture, the error."""
        suffix = file.path.suffix.lower()
        try:
            if suffix == ".xml":
                page = DescribedPage.open(file.path)
                return cls(file, [page.picture(line) for line in page.layout.lines], page)
            if suffix in SEVERAL_PAGES:
                return cls(file, pages_of(file.path))
        except UnreadableImage as error:
            return cls(file, [error])
        return cls(file, [file.path])

    @property
    def waits(self) -> bool:
        """Whether some of its lines are still to be read."""
        return len(self.readings) < len(self.pictures)

    def predictions(self, output: Path) -> list[Prediction]:
        """What was read, line by line; a page's XML is written with its texts."""
        if self.page is not None:
            self.page.write(self.readings, output / f"{self.file.name}.xml")
        return [
            as_prediction(self.file.image, reading, self._place(number)) for number, reading in enumerate(self.readings, start=1)
        ]

    def draw_attention(self, output: Path) -> None:
        """Writes ``<name>.attention.png``, a picture for each line whose network has attention, below each other."""
        pairs = zip(self.pictures, self.readings, strict=True)
        pictures = [
            attention_picture(pixels_of(picture), reading.text, reading.attention)
            for picture, reading in pairs
            if isinstance(reading, LineReading) and reading.attention is not None and reading.text
        ]
        if pictures:
            save_picture(output / f"{self.file.name}.attention.png", contact_sheet(pictures))

    def _place(self, number: int) -> dict[str, Any]:
        if self.page is not None:
            return {"page": self.page.image.name, "line_id": self.page.layout.lines[number - 1].identity}
        return {"page": number} if len(self.pictures) > 1 else {}


def read_files(
    files: list[FileToRead], read: Callable[[Iterator[Picture]], Iterator[LineReading | UnreadableImage]]
) -> Iterator[OpenedFile]:
    """Files in their order, each as soon as all its lines are read; lines of several files may be read at once."""
    opened: deque[OpenedFile] = deque()

    def pictures() -> Iterator[Picture]:
        for file in files:
            opened.append(OpenedFile.open(file))
            yield from opened[-1].pictures

    answers = read(pictures())
    for _ in files:
        while not opened or opened[0].waits:
            answer = next(answers, None)  # of the first file that waits; files without lines wait for none
            if answer is not None:
                next(file for file in opened if file.waits).readings.append(answer)
        yield opened.popleft()


def pixels_of(picture: Picture) -> np.ndarray:
    """A picture that was read, grey uint8 (H, W)."""
    return as_grey(picture) if isinstance(picture, np.ndarray) else as_grey(next(open_pages(picture)).pixels)  # type: ignore[arg-type]


def pages_of(path: Path) -> list[Picture]:
    """The pages of a TIFF, each a line; where one is broken, those before it and the error."""
    pages: list[Picture] = []
    try:
        for page in open_pages(path):
            pages.append(page.pixels)  # noqa: PERF401  # the pages before an error are kept
    except UnreadableImage as error:
        pages.append(error)
    return pages


@lru_cache(maxsize=1)
def page_at(path: Path) -> DescribedPage:
    """The page that was looked at last, and its image, once for all its lines."""
    return DescribedPage.open(path)


def as_prediction(image: str, reading: LineReading | UnreadableImage, place: dict[str, Any] | None = None) -> Prediction:
    """What goes into predictions.jsonl for a line."""
    if isinstance(reading, UnreadableImage):
        return Prediction(image, place or {}, error=str(reading))
    return Prediction(image, {**(place or {}), **reading.values()})


def line_picture(path: Path, answer: dict[str, Any]) -> np.ndarray:
    """The line that an answer is about, grey uint8 (H, W)."""
    if "line_id" in answer:
        page = page_at(path)
        picture = page.picture(next(line for line in page.layout.lines if line.identity == answer["line_id"]))
        return picture if isinstance(picture, np.ndarray) else np.full((32, 320), 255, np.uint8)
    pages = list(open_pages(path))
    return as_grey(pages[answer.get("page", 1) - 1].pixels)
