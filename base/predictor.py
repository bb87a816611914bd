"""The one way from an image to an answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from base.types import Prediction

Network = Callable[[Any], Any]  # an engine: a batch of inputs to the outputs of a network; each an array, or arrays by name


@dataclass(frozen=True)
class FileToRead:
    """An input file.

    Attributes:
        path: where it lies.
        image: what it is called in the predictions.
        name: the same without suffix, for what is written below the output folder; may have folders in it.
    """

    path: Path
    image: str
    name: str


class BasePredictor(ABC):
    """Preprocesses images, runs a network, decodes its outputs.

    Attributes:
        reads_pages: whether PAGE and ALTO files are inputs too.
        works_with: tasks of other bundles that it needs, by the config keys that name them.
        also_reads: suffixes of other files than images that it takes from a folder.

    Args:
        network: maps a batch of inputs to outputs; ONNX Runtime, Keras, or a model in training.
        facts: what the model says of itself, see `BaseModel.facts`.
        cfg: the caller's resolved config: the task's own keys say how to decode.
    """

    reads_pages = False
    works_with: ClassVar[dict[str, str]] = {}
    also_reads: frozenset[str] = frozenset()

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        self.network = network
        self.facts = facts
        self.cfg = cfg

    @abstractmethod
    def predict(self, images: Iterable[np.ndarray | Path | str | bytes]) -> list[Prediction]:
        """Answers for images in their order; one that cannot be read gets a prediction with an error.

        Args:
            images: arrays uint8 (H, W), (H, W, 3) or (H, W, 4), paths, or the bytes of image files.
        """

    @abstractmethod
    def predict_files(self, files: list[FileToRead], output: Path) -> Iterator[list[Prediction]]:
        """Answers for files in their order, and writes what belongs to the answers below the output folder.

        Args:
            files: images, or what else the task reads.
            output: the folder to write to.

        Yields:
            A file's predictions: one for each of its pages or lines; one with an error for what cannot be read.
        """

    @abstractmethod
    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """One row of a contact sheet: a file and its answer side by side.

        Args:
            path: the input file.
            answer: its object in predictions.jsonl.
            output: the folder that `predict_files` wrote to.

        Returns:
            RGB uint8 (H, W, 3).
        """
