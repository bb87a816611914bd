"""From pictures of single syllables to what they may be."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from base.bundle import Bundle
from base.errors import UserError
from base.predictor import BasePredictor, Network
from base.registry import PREDICTORS
from base.types import Prediction
from predictors.reading.files import picture_of
from predictors.reading.windows import windows
from preprocessing.polarity import is_light_on_dark
from preprocessing.syllable_image import frame_syllable
from preprocessing.text import hangul
from utils.compute.softmax import log_softmax
from utils.drawing.pictures import captioned, contact_sheet, heat_picture, save_pictures, shrink, side_by_side
from utils.files.images import UnreadableImage, as_grey
from utils.files.pictures import opened

LEAST_PX = 8  # a smaller picture holds no syllable
LARGEST_PX = 640  # a larger one is made smaller at once, so that many fit into memory
AT_ONCE = 64  # pictures in a batch of the network
SHOWN_PX = 160  # side of the pictures that explain
UNKNOWN_BELOW = 0.5  # probability of being one syllable
BLANK, NO_SYLLABLE = "blank", "this does not look like one syllable"


@dataclass(frozen=True)
class SyllableReading:
    """What a picture may be.

    Attributes:
        texts: the most probable ones, best first.
        shares: their probabilities, 0..1, given that the picture is one syllable (and of the charset, where there is one).
        known: the probability that it is one at all, 0..1.
        frame: uint8 (side, side), as the network saw it; None for a blank picture.
    """

    texts: list[str]
    shares: np.ndarray
    known: float
    frame: np.ndarray | None

    @property
    def text(self) -> str:
        """The best one; empty for a blank picture."""
        return self.texts[0] if self.texts else ""

    @property
    def confidence(self) -> float:
        """That the picture is a syllable, and this one."""
        return float(self.known * self.shares[0]) if self.texts else 0.0

    def values(self) -> dict[str, Any]:
        """For predictions.jsonl."""
        answers = [[text, round(float(self.known * share), 4)] for text, share in zip(self.texts, self.shares, strict=True)]
        values = {"text": self.text, "confidence": round(self.confidence, 4), "alternatives": answers[1:]}
        note = BLANK if self.frame is None else NO_SYLLABLE if self.known < UNKNOWN_BELOW else None
        return values | ({"note": note} if note else {})


@PREDICTORS.register("hangul")
class HangulPredictor(BasePredictor):
    """Frames a syllable by its ink, asks the network, and ranks every text that it may be."""

    explains = True
    files_at_once = 4 * AT_ONCE
    drawing_px = (320, 320)

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        super().__init__(network, facts, cfg)
        self.image_px: int = facts["image_px"]
        self.texts: str = facts.get("charset", hangul.TEXTS)
        self.temperature: float = facts.get("temperature", 1.0)
        self._explainer: Any = None
        among = cfg.get("among")
        self.among = None if among is None else self.places_of(hangul.syllable_set(among), f"among={among}")

    def answers(self, pictures: Iterable[Any], n: int | None = None, charset: str | None = None) -> Iterator[Prediction]:  # type: ignore[override]
        """The ``n`` most probable syllables of each picture; its own pictures are ``attribution``, see `explanation`.

        They are exact: every syllable and lone jamo is scored, and the best are picked.

        Args:
            pictures: see `BasePredictor.answers`.
            n: how many answers; None takes the config's ``n``.
            charset: the syllables and jamo that may be answered; None for all.

        Yields:
            Predictions whose values are ``text``, ``confidence`` (that the picture is one syllable, and this one),
            ``alternatives`` ``[[text, confidence], ...]`` and, if there is something to say, ``note``.

        Raises:
            UserError: ``n`` is larger than what can be told apart, or the charset is empty or holds anything but Hangul.
        """
        allowed = self.among if charset is None else self.places_of(hangul.hangul_only(charset, "charset"), "charset")
        for reading in self.read(pictures, self._check_count(n, allowed), allowed):
            yield self.answered(reading)

    def answered(self, reading: SyllableReading | UnreadableImage) -> Prediction:
        """The answer for what was read in a picture."""
        if isinstance(reading, UnreadableImage):
            return Prediction(error=str(reading))
        values = reading.values()
        if self.cfg.get("reject_below") is not None:
            values["check"] = values["confidence"] < self.cfg["reject_below"]
        draw = partial(self.draw, reading)
        answer = Prediction(values=values, result=reading, draw=draw)
        if self.cfg.get("explain"):
            answer.write = lambda stem: save_pictures(draw(), stem)
        return answer

    def draw(self, reading: SyllableReading) -> dict[str, np.ndarray]:
        """RGB uint8 (H, W, 3) by name, where the jamo were seen; nothing for a blank picture."""
        return {} if reading.frame is None else {"attribution": self.explanation(reading)}

    def read(
        self, pictures: Iterable[Any], n: int, among: np.ndarray | None = None
    ) -> Iterator[SyllableReading | UnreadableImage]:
        """What each picture may be, in their order; the next ones are framed while the network works on these."""
        waiting = windows(pictures, AT_ONCE)
        with ThreadPoolExecutor(1) as loader:
            coming = loader.submit(self._framed, next(waiting, []))
            while frames := coming.result():
                coming = loader.submit(self._framed, next(waiting, []))
                yield from self._read_framed(frames, n, among)

    def places_of(self, charset: str, where: str) -> np.ndarray:
        """int64 (n,), where a charset's texts stand among the network's; raises UserError for one that it does not know."""
        known = {text: place for place, text in enumerate(self.texts)}
        unknown = [text for text in charset if text not in known]
        if unknown:
            raise UserError(f"{where}: this model was trained without {unknown[0]} ({len(unknown)} such); take them out")
        return np.array(sorted(known[text] for text in charset), np.int64)

    def scores(self, frames: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Log probabilities of all texts, float32 (N, texts), and of being known, logits (N,), of framed pictures."""
        outputs = self.network(np.stack(frames)[..., None])
        return log_softmax(np.asarray(outputs["scores"]) / self.temperature), np.asarray(outputs["known"])

    def explain(self, frames: np.ndarray, classes: np.ndarray) -> dict[str, np.ndarray]:
        """float32 (N, 3, side, side) by method: where the network saw the jamo, see `predictors.reading.attribution`.

        Keras is loaded for it.

        Raises:
            UserError: this predictor is around a network in training.
        """
        if self._explainer is None:
            if "folder" not in self.facts:
                raise UserError("a network in training cannot be explained: load its bundle")
            from predictors.engines.networks import exact_model
            from utils.compute.backend import start_keras

            start_keras(self.cfg["runtime"])
            from predictors.reading.attribution import Explainer

            self._explainer = Explainer(exact_model(Bundle.load(Path(self.facts["folder"]))))
        return self._explainer.heat(frames, classes)

    def frame(self, picture: Any) -> np.ndarray | UnreadableImage | None:
        """uint8 (side, side), a picture as the network takes it: None for a blank one, or why it cannot be read."""
        try:
            pixels = opened(picture).pixels
        except UnreadableImage as error:
            return error
        if min(pixels.shape[:2]) < LEAST_PX:
            return UnreadableImage(f"the image is {pixels.shape[1]}x{pixels.shape[0]} px: too small for a syllable")
        grey = reduced(pixels)
        return frame_syllable(255 - grey if is_light_on_dark(grey) else grey, self.image_px)

    def _framed(self, pictures: list[Any]) -> list[np.ndarray | UnreadableImage | None]:
        return [self.frame(picture) for picture in pictures]

    def _read_framed(
        self, frames: list[np.ndarray | UnreadableImage | None], n: int, among: np.ndarray | None
    ) -> Iterator[SyllableReading | UnreadableImage]:
        good = [frame for frame in frames if isinstance(frame, np.ndarray)]
        answers = iter(self.ranked(good, n, among) if good else [])
        for frame in frames:
            if isinstance(frame, UnreadableImage):
                yield frame
            else:
                yield SyllableReading([], np.zeros(0), 0.0, None) if frame is None else next(answers)

    def ranked(self, frames: list[np.ndarray], n: int, among: np.ndarray | None = None) -> list[SyllableReading]:
        """The ``n`` best answers for framed pictures."""
        scores, known = self.scores(frames)
        chances = 1.0 / (1.0 + np.exp(-known.astype(np.float64)))
        if among is not None:
            scores = scores - np.logaddexp.reduce(scores[:, among], axis=1, keepdims=True)
        places = top_places(scores, n, among)
        shares = np.exp(np.take_along_axis(scores, places, axis=1))
        return [
            SyllableReading([self.texts[place] for place in row], share, float(chance), frame)
            for row, share, chance, frame in zip(places, shares, chances, frames, strict=True)
        ]

    def _check_count(self, n: int | None, among: np.ndarray | None) -> int:
        """How many answers are given: as many as asked for, or what the config says, as far as there are so many."""
        most = len(self.texts if among is None else among)
        if n is None:
            return min(int(self.cfg.get("n", 5)), most)
        if not 1 <= n <= most:
            raise UserError(f"n={n}: from 1 to {most} answers can be given")
        return n

    def explanation(self, answer: SyllableReading) -> np.ndarray:
        """A picture of where each jamo of the best answer was seen, RGB: Grad-CAM above, LayerCAM below."""
        assert answer.frame is not None
        heat = self.explain(answer.frame[None], np.array([hangul.encode(answer.text)]))
        return explanation_picture(answer.frame, answer.text, {method: maps[0] for method, maps in heat.items()})

    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """The syllable with its answers above it."""
        others = " ".join(text for text, _ in answer["alternatives"])
        return captioned(shrink(picture_of(path, answer)), f"{answer['text']} {answer['confidence']:.2f}  {others}")


def reduced(pixels: np.ndarray) -> np.ndarray:
    """A picture of any kind as grey uint8 (H, W), made smaller where it is larger than any syllable needs to be."""
    grey = as_grey(pixels)
    scale = LARGEST_PX / max(grey.shape)
    if scale >= 1:
        return grey
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)


def explanation_picture(frame: np.ndarray, text: str, heat: dict[str, np.ndarray]) -> np.ndarray:
    """A row for each method, a picture for each jamo, RGB; heat (3, side, side) by the method's name."""
    names = [hangul.JAMO[place][number] or "-" for place, number in zip(hangul.PLACES, hangul.encode(text), strict=True)]
    rows = [
        captioned(
            side_by_side([heat_picture(frame, maps[at], SHOWN_PX) for at in range(3)]), f"{text}: {' '.join(names)}  {method}"
        )
        for method, maps in heat.items()
    ]
    return contact_sheet(rows)


def top_places(scores_NT: np.ndarray, n: int, among: np.ndarray | None) -> np.ndarray:
    """The places of the ``n`` highest scores of each row, best first, ties by place; int64 (N, n).

    Args:
        scores_NT: any numbers.
        n: at most the number of places that may be chosen.
        among: the places that may be, ascending; None for all.
    """
    allowed = scores_NT if among is None else scores_NT[:, among]
    if n < allowed.shape[1]:
        limit = np.partition(allowed, -n, axis=1)[:, -n, None]
        allowed = np.where(allowed >= limit, allowed, -np.inf)
    order = np.argsort(-allowed, axis=1, kind="stable")[:, :n]
    return order if among is None else among[order]
