"""From pictures of soiled lines to clean ones and their texts, by one network."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from base.predictor import BasePredictor, FileToRead, Network
from base.registry import PREDICTORS
from base.types import Prediction
from predictors.lines import LinesPredictor, Prepared
from predictors.reading.confidence import LineReading
from predictors.reading.gate import Answer, cleaning_helps
from predictors.reading.line_files import Picture, as_prediction, line_picture, read_files
from utils.drawing.pictures import captioned, shrink, side_by_side


@PREDICTORS.register("joint")
class JointPredictor(BasePredictor):
    """Reads each line as it is and cleaned, and keeps what the reader is surer of; ``cfg.erase`` says otherwise.

    Attributes:
        as_is, cleaned: the reader without and with erasing.
    """

    reads_pages = True

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        super().__init__(network, facts, cfg)
        self.as_is = LinesPredictor(reading(network, erase=0.0), facts, cfg)
        self.cleaned = LinesPredictor(reading(network, erase=1.0), facts, cfg)

    def predict(self, images: Iterable[np.ndarray | Path | str | bytes]) -> list[Prediction]:
        """Reads lines; ``pictures`` holds ``cleaned``, the line as the reader saw it after erasing.

        Returns:
            Predictions with the values of `LineReading.values`, and ``is_cleaned``.
        """
        pictures = [Path(image) if isinstance(image, str) else image for image in images]
        answers = []
        for picture, (answer, is_cleaned) in zip(pictures, self.read(pictures), strict=True):
            prediction = self._predicted(str(picture) if isinstance(picture, Path) else "", answer, is_cleaned, {})
            prepared = self.as_is.prepared(picture)
            if isinstance(prepared, Prepared):
                prediction.pictures["cleaned"] = self.clean(prepared)
            answers.append(prediction)
        return answers

    def read(self, pictures: Iterable[Picture]) -> Iterator[tuple[Answer, bool]]:
        """What stands in each picture, and whether it was read after erasing."""
        erase = self.cfg.get("erase", "auto")
        for picture in pictures:
            before = None if erase == "always" else next(self.as_is.read([picture]))
            after = None if erase == "never" else next(self.cleaned.read([picture]))
            if before is None or after is None:
                yield (after, True) if before is None else (before, False)  # type: ignore[misc]
            else:
                helps = cleaning_helps(before, after)
                yield after if helps else before, helps

    def clean(self, line: Prepared) -> np.ndarray:
        """A prepared line without what the eraser found, uint8 (height, W)."""
        height, width = line.image.shape
        padded = np.full((1, height, -(-width // self.facts["stride"]) * self.facts["stride"], 1), 255, np.uint8)
        padded[0, :, :width, 0] = line.image
        batch = {"image": padded, "width": np.array([width], np.int32), "erase": np.ones(1, np.float32)}
        mask = self.network(batch)["mask"][0, :, :width]
        return (255 - (255 - line.image) * (1.0 - mask)).round().astype(np.uint8)

    def predict_files(self, files: list[FileToRead], output: Path) -> Iterator[list[Prediction]]:
        """Reads images, a line each, and the lines of PAGE and ALTO files, whose texts are written back to ``<name>.xml``."""
        choices: list[bool] = []

        def read(pictures: Iterable[Picture]) -> Iterator[Answer]:
            for answer, is_cleaned in self.read(pictures):
                choices.append(is_cleaned)
                yield answer

        done = 0
        for file in read_files(files, read):
            predictions = file.predictions(output)
            for prediction in predictions:
                if prediction.error is None:
                    prediction.values["is_cleaned"] = choices[done]
                done += 1
            yield [self.as_is.checked(prediction) for prediction in predictions]

    def _predicted(self, name: str, answer: Answer, is_cleaned: bool, place: dict[str, Any]) -> Prediction:
        prediction = as_prediction(name, answer, place)
        if isinstance(answer, LineReading):
            prediction.values["is_cleaned"] = is_cleaned
        return self.as_is.checked(prediction)

    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """The line as it is and cleaned, with its text above."""
        prepared = self.as_is.prepared(line_picture(path, answer))
        if not isinstance(prepared, Prepared):
            return captioned(np.full((32, 320), 255, np.uint8), str(prepared))
        pair = side_by_side([prepared.image, self.clean(prepared)])
        note = "read after erasing" if answer["is_cleaned"] else "read as it is"
        return captioned(shrink(pair), f"{answer['confidence']:.2f}  {answer['text']}  ({note})")


def reading(network: Network, erase: float) -> Network:
    """The network as a reader of lines that erases so much of what it finds."""

    def read(batch: dict[str, np.ndarray]) -> np.ndarray:
        return network({**batch, "erase": np.full(len(batch["width"]), erase, np.float32)})["frames"]

    return read
