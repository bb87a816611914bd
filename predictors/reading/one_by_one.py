"""Files answered one after the other, for predictors that gain nothing from batches."""

from collections.abc import Callable, Iterator
from pathlib import Path

from base.predictor import FileToRead
from base.types import Prediction
from utils.files.images import UnreadableImage

Answering = Callable[[FileToRead, Path], Iterator[Prediction]]


def one_by_one(answer: Answering, files: list[FileToRead], output: Path) -> Iterator[list[Prediction]]:
    """Each file's pages; where one cannot be read, those before it and an error."""
    for file in files:
        pages: list[Prediction] = []
        try:
            for page in answer(file, output):
                pages.append(page)  # noqa: PERF402  # the pages before an error are kept
        except UnreadableImage as error:
            pages.append(Prediction(file.image, {"page": len(pages) + 1} if pages else {}, error=str(error)))
        yield pages
