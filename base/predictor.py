"""The one way from an image to an answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from base.types import Prediction

Network = Callable[[Any], np.ndarray]  # an engine: a batch of inputs (an array, or arrays by name) to the network's outputs


class BasePredictor(ABC):
    """Preprocesses images, runs a network, decodes its outputs.

    Args:
        network: maps a batch of inputs to outputs; ONNX Runtime, Keras, or a model in training.
        facts: what the model says of itself, see `BaseModel.facts`.
        cfg: the caller's resolved config: the task's own keys say how to decode.
    """

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
    def predict_file(self, path: Path, image: str, name: str, output: Path) -> Iterator[Prediction]:
        """Answers for the pages of one file, and writes what belongs to the answer below the output folder.

        Args:
            path: an image file.
            image: what to call it in the predictions.
            name: its name without suffix below the output folder; may have folders in it.
            output: the folder to write to.

        Raises:
            UnreadableImage: the file, or one of its pages, cannot be read; nothing of that page was written.
        """

    @abstractmethod
    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """One row of a contact sheet: a file and its answer side by side.

        Args:
            path: the input file.
            answer: its object in predictions.jsonl.
            output: the folder that `predict_file` wrote to.

        Returns:
            RGB uint8 (H, W, 3).
        """
