"""Answers for files: an image, a TIFF or a PDF of several pages, a page with its description."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from base.predictor import BasePredictor, FileToRead
from base.types import Prediction
from predictors.reading.described_page import DescribedPage
from utils.files.images import UnreadableImage, as_grey
from utils.files.pdf_pages import SUFFIX as PDF
from utils.files.pictures import pages_of

SEVERAL_PAGES = (".tif", ".tiff", PDF)
DESCRIPTION = ".xml"


@dataclass
class OpenedFile:
    """A file, and what was answered of it so far.

    Attributes:
        file: where it lies.
        predictor: what answers.
        described: the page, where the file is a description of one.
        count: how many pictures it holds; None until that is known.
        predictions: for the first of them, without the pixels that they were made of.
        results: what was read in the lines of a described page.
    """

    file: FileToRead
    predictor: BasePredictor
    described: DescribedPage | None = None
    count: int | None = None
    predictions: list[Prediction] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        """Whether all of its pictures are."""
        return len(self.predictions) == self.count

    def pictures(self) -> Iterator[Any]:
        """Its pictures, as `utils.files.pictures.opened` takes them: a path where there is one, to be decoded in its turn."""
        suffix = self.file.path.suffix.lower()
        seen = 0
        try:
            if suffix == PDF and PDF not in self.predictor.also_reads:
                raise UnreadableImage("a PDF holds whole pages: task=pages reads them")
            if suffix == DESCRIPTION and self.predictor.reads_pages:
                self.described = DescribedPage.open(self.file.path)
                self.count = len(self.described.layout.lines)
                yield from map(self.described.picture, self.described.layout.lines)
            elif suffix in SEVERAL_PAGES:
                for page in pages_of(self.file.path):
                    self.count = page.count
                    yield page
                    seen += 1
            else:
                self.count = 1
                yield self.file.path
        except UnreadableImage as error:  # the pages before it are answered
            self.count = seen + 1
            yield error

    def take(self, prediction: Prediction, output: Path) -> None:
        """Notes the answer for the next picture, and writes its files below the output folder."""
        number = len(self.predictions) + 1
        several = self.count != 1 or self.described is not None
        stem = f"{self.file.name}_p{number:04d}" if several else self.file.name
        written = {} if prediction.error else prediction.write(output / stem)
        files: dict[str, Any] = {kind: path.relative_to(output).as_posix() for kind, path in written.items()}
        if files and self.predictor.answers_with_files:
            files = {"files": list(files.values())}
        values = {**self._place(number), **prediction.values, **files}
        self.predictions.append(Prediction(self.file.image, values, prediction.error))
        if self.described is not None:
            self.results.append(prediction.result)

    def close(self, output: Path) -> None:
        """Writes a described page's XML with the texts that were read, and what else the predictor makes of the whole file."""
        if self.described is not None:
            self.described.write(self.results, output / f"{self.file.name}.xml")
        self.predictor.finish(self.file, self.predictions, output)

    def _place(self, number: int) -> dict[str, Any]:
        if self.described is not None:
            line = self.described.layout.lines[number - 1]
            return {"page": self.described.image.name, "line": number, "line_id": line.identity}
        return {"page": number} if self.count != 1 else {}


def answer_files(predictor: BasePredictor, files: list[FileToRead], output: Path) -> Iterator[list[Prediction]]:
    """Answers for files in their order, and writes what belongs to the answers below the output folder.

    A file's answers come as soon as all its pictures are answered; the predictor may look at those of several files at once.

    Yields:
        A file's predictions: one for each of its pages or lines; one with an error for what cannot be read.
    """
    begun: deque[OpenedFile] = deque()

    def pictures() -> Iterator[Any]:
        for file in files:
            begun.append(OpenedFile(file, predictor))
            yield from begun[-1].pictures()

    answers = predictor.answers(pictures())
    for _ in files:
        while not begun or not begun[0].is_answered:
            answer = next(answers, None)  # there is none where all files that are left hold no lines
            waiting = next((file for file in tuple(begun) if not file.is_answered), None)
            if waiting is not None:
                if answer is None:
                    raise ValueError(f"{type(predictor).__name__}.answers gives fewer answers than it was given pictures")
                waiting.take(answer, output)
        file = begun.popleft()
        file.close(output)
        yield file.predictions


@lru_cache(maxsize=1)
def page_at(path: Path) -> DescribedPage:
    """The page that was looked at last, and its image, once for all its lines."""
    return DescribedPage.open(path)


def picture_of(path: Path, answer: dict[str, Any]) -> np.ndarray:
    """What an answer is about, grey uint8 (H, W): a page of a file, or a line of a described page."""
    if "line" not in answer:
        return as_grey(next(pages_of(path, answer.get("page", 1) - 1)).pixels)
    page = page_at(path)
    picture = page.picture(page.layout.lines[answer["line"] - 1])  # by its place: ids may be missing, or stand twice
    return picture if isinstance(picture, np.ndarray) else np.full((32, 320), 255, np.uint8)
