"""The one way from a picture to an answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from base.errors import UserError
from base.types import Prediction

Network = Callable[[Any], Any]  # an engine: a batch of inputs to the outputs of a network; each an array, or arrays by name
Picture = np.ndarray | Path | str | bytes | Image.Image
BREAK = object()  # stands between pictures over which no batch may reach, see `BasePredictor.files_at_once`
MOST_CHANNELS = 4  # of one picture: an array with more columns than that is a batch


@dataclass(frozen=True)
class FileToRead:
    """An input file.

    Attributes:
        path: where it lies.
        image: what it is called in the predictions.
        name: the same without suffix, for what is written below the output folder; may have folders in it.
        first: the first of its pages that is meant, from 0 on.
        count: how many of them; None for all to the end.
        several: whether it has more pages than these.
    """

    path: Path
    image: str
    name: str
    first: int = 0
    count: int | None = None
    several: bool = False


class BasePredictor(ABC):
    """Preprocesses pictures, runs a network, decodes its outputs.

    Files, contact sheets, the server and MLflow's model all use `answers`; what else they need to know of a task
    its predictor says here.

    Attributes:
        reads_pages: whether the lines of PAGE and ALTO files are inputs too; `Prediction.result` is then a `LineReading`.
        works_with: tasks of other bundles that it needs, by the config keys that name them.
        also_reads: suffixes of other files than images that it takes from a folder.
        answers_with_pictures: whether the server sends `Prediction.pictures` with every answer.
        explains: whether these pictures explain an answer: then clients of the server may ask for them.
        answers_with_files: whether the server answers for every page of an upload, and sends the files of `Prediction.save`.
        drawing_px: width and height of the sheet on which its web page lets people write.
        files_at_once: how many files a worker is handed. Where it is more than one, their pictures are answered in batches, and
            `BREAK` stands after those of the last file: so that answers do not depend on who works on what.

    Args:
        network: maps a batch of inputs to outputs; ONNX Runtime, Keras, or a model in training.
        facts: what the model says of itself, see `BaseModel.facts`.
        cfg: the caller's resolved config: the task's own keys say how to decode.
    """

    reads_pages = False
    works_with: ClassVar[dict[str, str]] = {}
    also_reads: frozenset[str] = frozenset()
    answers_with_pictures = False
    explains = False
    answers_with_files = False
    drawing_px = (720, 240)
    files_at_once = 1

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        self.network = network
        self.facts = facts
        self.cfg = cfg

    def predict(self, images: Picture | Iterable[Picture], *, raise_errors: bool = False, **options: Any) -> Any:
        """The answer for a picture, or the answers for several, in their order.

        Args:
            images: an array uint8 or uint16 (H, W), (H, W, 3) or (H, W, 4), a path, the bytes of an image file, or an image of
                Pillow; or several of them. An array (N, H, W) or (N, H, W, channels) is several.
            raise_errors: whether the first picture that cannot be read ends it.
            options: see the task's ``answers``.

        Returns:
            A `Prediction`, or a list of them; one for what cannot be read has an error.

        Raises:
            UserError: a picture cannot be read, and ``raise_errors`` is set.
        """
        if isinstance(images, np.ndarray) and (images.ndim == 4 or (images.ndim == 3 and images.shape[2] > MOST_CHANNELS)):
            images = list(images)
        one = isinstance(images, Picture)
        several: Iterable[Any] = [images] if one else images  # type: ignore[assignment]
        pictures = [Path(picture) if isinstance(picture, str) else picture for picture in several]
        answers = []
        for picture, answer in zip(pictures, self.answers(pictures, **options), strict=True):
            answers.append(answer)
            answer.image = str(picture) if isinstance(picture, Path) else ""
            if raise_errors and answer.error is not None:
                raise UserError(f"{answer.image or 'a picture'}: {answer.error}")
        return answers[0] if one else answers

    def prepare(self, picture: Any) -> Any:
        """What can be done for a picture before its turn, in any thread; `answers` takes it for the picture."""
        return picture

    @abstractmethod
    def answers(self, pictures: Iterable[Any], **options: Any) -> Iterator[Prediction]:
        """Answers for pictures in their order, as they come.

        Args:
            pictures: what `utils.files.pictures.opened` takes, or what `prepare` made of that; `BREAK` between them is none.
            options: what a task lets callers decide anew.
        """

    def finish(self, file: FileToRead, predictions: list[Prediction], output: Path) -> None:  # noqa: B027  # most have nothing to do
        """Does what can be done only when a file is answered, such as binding its pages.

        Args:
            file: all of whose pictures are answered.
            predictions: for them; what is written into their values is what predictions.jsonl says.
            output: the folder that their files were written to.
        """

    @abstractmethod
    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """One row of a contact sheet: a file and its answer side by side.

        Args:
            path: the input file.
            answer: its object in predictions.jsonl.
            output: the folder that the answers were written to.

        Returns:
            RGB uint8 (H, W, 3).
        """
