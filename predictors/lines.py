"""From pictures of lines to their texts."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.predictor import BasePredictor, FileToRead, Network
from base.registry import DECODERS, PREDICTORS
from base.types import Prediction
from predictors.confidence import FrameScale, LineReading, judge
from predictors.line_files import OpenedFile, Picture, as_prediction, line_picture
from preprocessing.line_image import level_paper, scale_line, upright_line, width_at
from utils.config_values import with_defaults
from utils.images import UnreadableImage, as_grey, open_pages
from utils.pictures import captioned, shrink
from utils.softmax import log_softmax
from utils.spelling import Spelling

LEAST_PX = 8  # a smaller picture holds no writing
BLACK_BELOW = 30  # grey level of the lightest pixel
FEWEST_PIXELS, VISIBLE_BELOW = 6, 160  # grey levels: less ink than that is noise
WIDEST_PX = 4000  # at the network's height
LINES_AT_ONCE = 192  # read ahead, to be sorted by width
PIXELS_AT_ONCE = 1_000_000  # in a batch of the network


@dataclass(frozen=True)
class Prepared:
    """A line as the network takes it.

    Attributes:
        image: uint8 (height, W).
        scale: pixels of the picture for one of `image`.
    """

    image: np.ndarray
    scale: float

    @property
    def is_blank(self) -> bool:
        """Whether there is hardly a stroke on it."""
        return int((self.image < VISIBLE_BELOW).sum()) < FEWEST_PIXELS


@PREDICTORS.register("lines")
class LinesPredictor(BasePredictor):
    """Levels the paper, scales, runs the network on lines of about one width, decodes, and judges what was read."""

    reads_pages = True

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        super().__init__(network, facts, cfg)
        self.height_px: int = facts["height_px"]
        self.frame_px: int = facts["frame_px"]
        self.stride: int = facts["stride"]
        self.characters = tuple(facts["charset"])
        self.temperature: float = facts.get("temperature", 1.0)
        decoder = with_defaults("decoder", cfg.get("decoder") or decoder_of_bundle(facts))
        self.decoder: BaseDecoder = DECODERS.get(decoder["name"])(decoder, self.characters)
        spelling = {"words": None, "distance": 1, **(cfg.get("spelling") or {})}
        self.spelling = Spelling(**spelling) if spelling["words"] else None

    def predict(self, images: Iterable[np.ndarray | Path | str | bytes]) -> list[Prediction]:
        """Reads lines.

        Returns:
            Predictions whose values are those of `LineReading.values`, and ``check`` where ``reject_below`` is set.
        """
        pictures = [Path(image) if isinstance(image, str) else image for image in images]
        names = [str(picture) if isinstance(picture, Path) else "" for picture in pictures]
        return [self._checked(as_prediction(name, answer)) for name, answer in zip(names, self.read(pictures), strict=True)]

    def read(self, pictures: Iterable[Picture]) -> Iterator[LineReading | UnreadableImage]:
        """What stands in each picture, in their order; for one that cannot be read, why.

        The next pictures are loaded while the network works on these.
        """
        waiting = iter(pictures)
        with ThreadPoolExecutor(1) as loader:
            coming = loader.submit(self._load, list(islice(waiting, LINES_AT_ONCE)))
            while lines := coming.result():
                coming = loader.submit(self._load, list(islice(waiting, LINES_AT_ONCE)))
                yield from self._read_loaded(lines)

    def logits(self, lines: list[np.ndarray]) -> list[np.ndarray]:
        """The network's logits (frames, classes) for prepared lines uint8 (height, W), in their order."""
        answers: list[np.ndarray] = [np.zeros((0, 0))] * len(lines)
        for places in self._batches(lines):
            width = -(-max(lines[place].shape[1] for place in places) // self.stride) * self.stride
            images = np.full((len(places), self.height_px, width, 1), 255, np.uint8)
            for row, place in enumerate(places):
                images[row, :, : lines[place].shape[1], 0] = lines[place]
            widths = np.array([lines[place].shape[1] for place in places], np.int32)
            logits = self.network({"image": images, "width": widths})
            for row, place in enumerate(places):
                answers[place] = logits[row, : -(-lines[place].shape[1] // self.frame_px)]
        return answers

    def _batches(self, lines: list[np.ndarray]) -> Iterator[list[int]]:
        """Places of lines of about one width, as many as the network takes at once."""
        batch: list[int] = []
        for place in sorted(range(len(lines)), key=lambda place: lines[place].shape[1]):
            if batch and (len(batch) + 1) * lines[place].shape[1] * self.height_px > PIXELS_AT_ONCE:
                yield batch
                batch = []
            batch.append(place)
        if batch:
            yield batch

    def _load(self, pictures: list[Picture]) -> list[Prepared | UnreadableImage]:
        return [self.prepared(picture) for picture in pictures]

    def prepared(self, picture: Picture) -> Prepared | UnreadableImage:
        """`prepare` for whatever may be a picture, with the reason where it is none."""
        if isinstance(picture, UnreadableImage):
            return picture
        try:
            return self.prepare(picture if isinstance(picture, np.ndarray) else next(open_pages(picture)).pixels)
        except UnreadableImage as error:
            return error

    def prepare(self, pixels: np.ndarray) -> Prepared:
        """A picture of one line, of any kind and size, as the network takes it.

        Raises:
            UnreadableImage: it is too small, or too wide for its height.
        """
        height, width = pixels.shape[:2]
        if min(height, width) < LEAST_PX:
            raise UnreadableImage(f"the image is {width}x{height} px: too small for a line of writing")
        grey = as_grey(pixels)
        if int(grey.max()) < BLACK_BELOW:
            raise UnreadableImage("the image is black: there is nothing to read")
        grey = upright_line(grey)
        scaled = width_at(grey.shape, self.height_px)
        if scaled > WIDEST_PX:
            raise UnreadableImage(
                f"the image is {width}x{height} px: too wide for one line ({scaled} px at the {self.height_px} px of the "
                f"network, at most {WIDEST_PX}); cut it into shorter lines"
            )
        line = level_paper(scale_line(grey, self.height_px, max(LEAST_PX, scaled)))
        return Prepared(line, width / line.shape[1])

    def _read_loaded(self, lines: list[Prepared | UnreadableImage]) -> Iterator[LineReading | UnreadableImage]:
        good = [line for line in lines if isinstance(line, Prepared)]
        logits = self.logits([line.image for line in good])
        answers = iter([self._judge(line, line_logits) for line, line_logits in zip(good, logits, strict=True)])
        for line in lines:
            yield line if isinstance(line, UnreadableImage) else next(answers)

    def decode(self, logits_TC: np.ndarray) -> list[Reading]:
        """The best readings of a line, the first of them spelled as asked for."""
        scores_TC = log_softmax(logits_TC)
        readings = self.decoder.decode(scores_TC[None], np.array([len(scores_TC)]))[0]
        if self.spelling is not None:
            from predictors.decoders.searching import respell  # it compiles code, which takes its time

            readings[0] = respell(readings[0], self.spelling, scores_TC, self.characters)
        return readings

    def _judge(self, line: Prepared, logits_TC: np.ndarray) -> LineReading:
        if line.is_blank:
            return LineReading("", 1.0)
        readings = self.decode(logits_TC)
        scale = FrameScale(self.frame_px * line.scale, line.scale * line.image.shape[1])
        return judge(readings, logits_TC, self.characters, self.temperature, scale)

    def predict_files(self, files: list[FileToRead], output: Path) -> Iterator[list[Prediction]]:
        """Reads images, a line each, and the lines of PAGE and ALTO files, whose texts are written back to ``<name>.xml``."""
        opened: deque[OpenedFile] = deque()

        def pictures() -> Iterator[Picture | UnreadableImage]:
            for file in files:
                opened.append(OpenedFile.open(file))
                yield from opened[-1].pictures

        answers = self.read(pictures())
        for _ in files:
            while not opened or opened[0].waits:
                answer = next(answers, None)  # of the first file that waits; files without lines wait for none
                if answer is not None:
                    next(file for file in opened if file.waits).readings.append(answer)
            yield [self._checked(prediction) for prediction in opened.popleft().predictions(output)]

    def _checked(self, prediction: Prediction) -> Prediction:
        """Marks what a person should look at."""
        if prediction.error is None and self.cfg.get("reject_below") is not None:
            prediction.values["check"] = prediction.values["confidence"] < self.cfg["reject_below"]
        return prediction

    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """The line with its text above it."""
        pixels = line_picture(path, answer)
        return captioned(shrink(pixels), f"{answer['confidence']:.2f}  {answer['text']}")


def decoder_of_bundle(facts: dict[str, Any]) -> dict[str, Any]:
    """The decoder that a bundle names, with its files in the bundle's folder; greedy where it names none."""
    decoder = dict(facts.get("decoder") or {"name": "greedy"})
    for key in ("model", "words"):
        if key in decoder:
            decoder[key] = str(Path(facts["folder"]) / decoder[key])
    return decoder
