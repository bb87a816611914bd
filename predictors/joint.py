"""From pictures of soiled lines to clean ones and their texts, by one network."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from base.predictor import BasePredictor, Network
from base.registry import PREDICTORS
from base.types import Prediction
from predictors.lines import LinesPredictor, Prepared
from predictors.reading.files import picture_of
from predictors.reading.gate import LineOutcome, cleaning_helps
from utils.drawing.pictures import captioned, shrink, side_by_side
from utils.files.images import UnreadableImage


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

    def answers(self, pictures: Iterable[Any], **options: Any) -> Iterator[Prediction]:
        """Reads lines; the picture of an answer is ``cleaned``, the line as the reader saw it after erasing.

        Yields:
            Predictions with the values of `LineReading.values`, and ``is_cleaned``.
        """
        for picture in pictures:
            line = self.prepare(picture)
            reading, is_cleaned = next(self.read([line]))
            answer = self.as_is.answered(reading)
            if isinstance(line, Prepared) and answer.error is None:
                answer.values["is_cleaned"] = is_cleaned
                answer.draw = partial(self.draw, line)
            yield answer

    def prepare(self, picture: Any) -> Prepared | UnreadableImage:
        return self.as_is.prepare(picture)

    def draw(self, line: Prepared) -> dict[str, np.ndarray]:
        """The line after erasing, uint8 (height, W), by name."""
        return {"cleaned": self.clean(line)}

    def read(self, pictures: Iterable[Any]) -> Iterator[tuple[LineOutcome, bool]]:
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

    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """The line as it is and cleaned, with its text above."""
        line = self.prepare(picture_of(path, answer))
        if not isinstance(line, Prepared):
            return captioned(np.full((32, 320), 255, np.uint8), str(line))
        pair = side_by_side([line.image, self.clean(line)])
        note = "read after erasing" if answer["is_cleaned"] else "read as it is"
        return captioned(shrink(pair), f"{answer['confidence']:.2f}  {answer['text']}  ({note})")


def reading(network: Network, erase: float) -> Network:
    """The network as a reader of lines that erases so much of what it finds."""

    def read(batch: dict[str, np.ndarray]) -> np.ndarray:
        return network({**batch, "erase": np.full(len(batch["width"]), erase, np.float32)})["frames"]

    return read
