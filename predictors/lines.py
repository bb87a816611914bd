"""From pictures of lines to their texts."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from base.predictor import BasePredictor, Network
from base.registry import PREDICTORS
from base.types import Prediction
from predictors.reading.confidence import BLANK, UNCHANGED, FrameScale, LineReading, composed, judge
from predictors.reading.files import picture_of
from predictors.reading.ranking import content_of
from predictors.reading.texts import texts_for
from predictors.reading.windows import windows
from preprocessing.line_image import level_paper, scale_line, upright_line, width_at
from preprocessing.pages.projection_lines import rows_of_writing
from preprocessing.text.charset import Charset
from utils.drawing.pictures import attention_picture, captioned, save_pictures, shrink
from utils.files.images import UnreadableImage, as_grey
from utils.files.pictures import opened
from utils.language.shipped import NO_LANGUAGE

LEAST_PX = 8  # a smaller picture holds no writing
BLACK_BELOW = 30  # grey level of the lightest pixel
FEWEST_PIXELS, VISIBLE_BELOW = 6, 160  # grey levels: less ink than that is noise
TALL_PX = 240  # a smaller picture is taken for a line
ROWS_OF_PAGE = ((2, 1.5), (3, 4.0))  # so many rows of ink, in a picture that is not so many times as wide as high, are a page
WIDEST_PX = 4000  # at the network's height
LINES_AT_ONCE = 192  # of one or of several files, read ahead, to be sorted by width
PIXELS_AT_ONCE = 1_000_000  # in a batch of the network
MOST_PADDED = 1.8  # times the narrowest line of a batch: few lines, as a server has them, differ more than many sorted ones


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
    files_at_once = 96

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        super().__init__(network, facts, cfg)
        self.height_px: int = facts["height_px"]
        self.frame_px: int = facts["frame_px"]
        self.stride: int = facts["stride"]
        self.characters = tuple(facts["charset"])
        self.charset = Charset(self.characters)
        self.temperature: float = facts.get("temperature", 1.0)
        own = not cfg.get("decoder") and cfg.get("language") != NO_LANGUAGE  # the odds were fitted to the bundle's own decoder
        self.odds: tuple[float, float] = tuple(facts["odds"]) if own and "odds" in facts else UNCHANGED
        self.texts = texts_for(facts, cfg)

    def answers(self, pictures: Iterable[Any], **options: Any) -> Iterator[Prediction]:
        """Reads lines.

        Yields:
            Predictions whose values are those of `LineReading.values`, and ``check`` where ``reject_below`` is set.
        """
        for reading in self.read(pictures):
            yield self.answered(reading)

    def answered(self, reading: LineReading | UnreadableImage) -> Prediction:
        """The answer for what was read in a line."""
        if isinstance(reading, UnreadableImage):
            return Prediction(error=str(reading))
        values = reading.values()
        if self.cfg.get("reject_below") is not None:
            values["check"] = values["confidence"] < self.cfg["reject_below"]
        draw = partial(self.draw, reading)
        return Prediction(values=values, result=reading, draw=draw, write=lambda stem: save_pictures(draw(), stem))

    def draw(self, reading: LineReading) -> dict[str, np.ndarray]:
        """RGB uint8 (H, W, 3) by name: where the network looked for each character, if that is asked for and it has attention."""
        if not self.cfg.get("attention") or reading.attention is None or reading.line is None or not reading.text:
            return {}
        return {"attention": attention_picture(reading.line, reading.text, reading.attention)}

    def read(self, pictures: Iterable[Any]) -> Iterator[LineReading | UnreadableImage]:
        """What stands in each picture, or in what `prepare` made of it, in their order; for one that cannot be read, why.

        The next pictures are loaded while the network works on these.
        """
        waiting = windows(pictures, LINES_AT_ONCE)
        with ThreadPoolExecutor(1) as loader:
            coming = loader.submit(self._load, next(waiting, []))
            while lines := coming.result():
                coming = loader.submit(self._load, next(waiting, []))
                yield from self._read_loaded(lines)

    def outputs(self, lines: list[np.ndarray]) -> list[Any]:
        """What the network says of prepared lines uint8 (height, W), in their order; see `predictors.reading.texts`."""
        answers: list[Any] = [None] * len(lines)
        for places in self._batches(lines):
            width = -(-max(lines[place].shape[1] for place in places) // self.stride) * self.stride
            images = np.full((len(places), self.height_px, width, 1), 255, np.uint8)
            for row, place in enumerate(places):
                images[row, :, : lines[place].shape[1], 0] = lines[place]
            widths = np.array([lines[place].shape[1] for place in places], np.int32)
            outputs = self.texts.split(self.network({"image": images, "width": widths}), widths)
            for place, output in zip(places, outputs, strict=True):
                answers[place] = output
        return answers

    def _batches(self, lines: list[np.ndarray]) -> Iterator[list[int]]:
        """Places of lines of about one width, as many as the network takes at once."""
        batch: list[int] = []
        for place in sorted(range(len(lines)), key=lambda place: lines[place].shape[1]):
            width = lines[place].shape[1]
            wasteful = batch and width > MOST_PADDED * lines[batch[0]].shape[1]
            if wasteful or (batch and (len(batch) + 1) * width * self.height_px > PIXELS_AT_ONCE):
                yield batch
                batch = []
            batch.append(place)
        if batch:
            yield batch

    def _load(self, pictures: list[Any]) -> list[Prepared | UnreadableImage]:
        return [self.prepare(picture) for picture in pictures]

    def prepare(self, picture: Any) -> Prepared | UnreadableImage:
        """A picture of one line, of any kind and size, as the network takes it, or why it cannot be read."""
        if isinstance(picture, Prepared):
            return picture
        try:
            return self._prepared(opened(picture).pixels)
        except UnreadableImage as error:
            return error

    def _prepared(self, pixels: np.ndarray) -> Prepared:
        """A line's pixels as the network takes them; raises UnreadableImage where it is too small, or too wide for its height."""
        height, width = pixels.shape[:2]
        if min(height, width) < LEAST_PX:
            raise UnreadableImage(f"the image is {width}x{height} px: too small for a line of writing")
        grey = as_grey(pixels)
        if int(grey.max()) < BLACK_BELOW:
            raise UnreadableImage("the image is black: there is nothing to read")
        grey = upright_line(grey)
        if rows := rows_of_page(grey):
            raise UnreadableImage(f"this is no picture of one line: about {rows} stand below each other; task=pages reads pages")
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
        outputs = self.outputs([line.image for line in good])
        answers = iter([self.judged(line, output) for line, output in zip(good, outputs, strict=True)])
        for line in lines:
            yield line if isinstance(line, UnreadableImage) else next(answers)

    def judged(self, line: Prepared, output: Any) -> LineReading:
        """What was read in a prepared line, from what the network said of it."""
        if line.is_blank:
            return LineReading("", 1.0, note=BLANK)
        read = self.texts.read(output)
        scale = FrameScale(self.frame_px * line.scale, line.scale * line.image.shape[1])
        reading = judge(read.readings, read.logits, self.characters, self.temperature, scale, self.odds)
        reading = replace(
            composed(reading) if self.charset.in_jamo else reading, content=content_of(read.logits, line.image.shape)
        )
        return reading if read.attention is None else replace(reading, attention=read.attention, line=line.image)

    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """The line with its text above it."""
        return captioned(shrink(picture_of(path, answer)), f"{answer['confidence']:.2f}  {answer['text']}")


def rows_of_page(grey: np.ndarray) -> int:
    """How many lines a picture uint8 (H, W) holds that is a whole page; 0 for one that may be a line."""
    height, width = grey.shape
    if height < TALL_PX or width >= ROWS_OF_PAGE[-1][1] * height:
        return 0
    rows = rows_of_writing(grey)
    return rows if any(rows >= many and width < broad * height for many, broad in ROWS_OF_PAGE) else 0
