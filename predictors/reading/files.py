"""Answers for files: an image, a TIFF or a PDF of several pages, a page with its description."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from base.predictor import BREAK, BasePredictor, FileToRead
from base.types import Prediction
from predictors.reading.described_page import DescribedPage
from utils.files.images import UnreadableImage, as_grey
from utils.files.pdf_pages import SUFFIX as PDF
from utils.files.pictures import page_count, pages_of

PAGES_AT_ONCE = 4  # of a file of many, where pages are answered one by one
SEVERAL_PAGES = (".tif", ".tiff", PDF)
DESCRIPTION = ".xml"


@dataclass
class OpenedFile:
    """A file, or some of its pages, and what was answered so far.

    Attributes:
        file: where it lies, and which of its pages are meant.
        predictor: what answers.
        described: the page, where the file is a description of one.
        count: how many pictures are to be answered; None until that is known.
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
                for page in islice(pages_of(self.file.path, self.file.first), self.file.count):
                    self.count = self.file.count or page.count - self.file.first
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
        number = self.file.first + len(self.predictions) + 1
        several = self.file.several or self.count != 1 or self.described is not None
        stem = f"{self.file.name}_p{number:04d}" if several else self.file.name
        written = {} if prediction.error else prediction.write(output / stem)
        files: dict[str, Any] = {kind: path.relative_to(output).as_posix() for kind, path in written.items()}
        if files and self.predictor.answers_with_files:
            files = {"files": list(files.values())}
        values = {**self._place(number, several), **prediction.values, **files}
        self.predictions.append(Prediction(self.file.image, values, prediction.error))
        if self.described is not None:
            self.results.append(prediction.result)

    def close(self, output: Path) -> list[Prediction]:
        """Its predictions; of a described page the XML is written with the texts that were read."""
        if self.described is not None:
            self.described.write(self.results, output / f"{self.file.name}.xml")
        return self.predictions

    def _place(self, number: int, several: bool) -> dict[str, Any]:
        if self.described is not None:
            line = self.described.layout.lines[number - 1]
            return {"page": self.described.image.name, "line": number, "line_id": line.identity}
        return {"page": number} if several else {}


def shards_of(predictor: BasePredictor, files: list[FileToRead]) -> list[list[FileToRead]]:
    """Files in the portions that workers are handed: as many as the predictor answers at once, or some pages of one file."""
    if predictor.files_at_once > 1:
        starts = range(0, len(files), predictor.files_at_once)
        return [files[start : start + predictor.files_at_once] for start in starts]
    return [[part] for file in files for part in parts_of(predictor, file)]


def parts_of(predictor: BasePredictor, file: FileToRead) -> list[FileToRead]:
    """A file's pages by the few; the file itself where it has no more, or cannot be read."""
    suffix = file.path.suffix.lower()
    if suffix not in SEVERAL_PAGES or (suffix == PDF and PDF not in predictor.also_reads):
        return [file]
    try:
        count = page_count(file.path)
    except UnreadableImage:
        return [file]
    if count <= PAGES_AT_ONCE:
        return [file]
    starts = range(0, count, PAGES_AT_ONCE)
    return [replace(file, first=start, count=min(PAGES_AT_ONCE, count - start), several=True) for start in starts]


def answer_files(predictor: BasePredictor, shards: Iterable[list[FileToRead]], output: Path) -> Iterator[list[list[Prediction]]]:
    """Answers for files in their order, and writes what belongs to the answers below the output folder.

    A shard's answers come as soon as all its pictures are answered; the predictor may look ahead into the next.

    Yields:
        For each file of a shard its predictions: one for each of its pages or lines; one with an error for what cannot be read.
    """
    begun: deque[list[OpenedFile]] = deque()

    def pictures() -> Iterator[Any]:
        for shard in shards:
            files = [OpenedFile(file, predictor) for file in shard]
            begun.append(files)
            for file in files:
                yield from file.pictures()
            if predictor.files_at_once > 1:
                yield BREAK

    answers = predictor.answers(pictures())
    answer: Prediction | None = None
    while (answer := next(answers, None)) is not None:
        while is_answered(begun[0]):
            yield [file.close(output) for file in begun.popleft()]
        next(file for files in begun for file in files if not file.is_answered).take(answer, output)
        while begun and is_answered(begun[0]):
            yield [file.close(output) for file in begun.popleft()]
    for files in begun:  # those that are left hold no lines
        if not is_answered(files):
            raise ValueError(f"{type(predictor).__name__}.answers gives fewer answers than it was given pictures")
        yield [file.close(output) for file in files]


def is_answered(files: list[OpenedFile]) -> bool:
    """Whether all of them are."""
    return all(file.is_answered for file in files)


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
