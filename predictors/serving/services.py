"""What each task answers to a picture, as JSON."""

import base64
import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from PIL import Image

from base.errors import UserError
from base.predictor import BasePredictor
from base.types import Prediction
from configs.mode.serve import DEFAULT_READER
from predictors import load
from predictors.serving.parameters import parameters_of
from predictors.serving.queue import BatchQueue
from predictors.serving.uploads import Refused
from utils.configuration.groups import purpose
from utils.files.images import Page, as_grey

SHOWN_PX = 2000  # no picture that is sent back to be looked at is larger
JPEG_QUALITY = 82
VARIANTS = 16  # of a predictor, by options


@dataclass(frozen=True)
class Request:
    """A page to answer for.

    Attributes:
        page: as it was sent.
        prepared: what the predictor made of it before its turn.
        shown: whether it is sent back, as browsers can show it.
        explain: whether the pictures that explain the answer are drawn.
        options: what it decides of the predictor's keys, see `predictors.serving.parameters`.
    """

    page: Page
    prepared: Any
    shown: bool = False
    explain: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """One task: what it is for, what answers, and who waits for it.

    Attributes:
        task: its name.
        predictors: by the names that requests call them; each says how it answers, see `BasePredictor`.
        queue: of `Request`s, whose results are dicts for JSON.
    """

    task: str
    predictors: Mapping[str, BasePredictor]
    queue: BatchQueue

    @classmethod
    def of(cls, task: str, predictors: Mapping[str, BasePredictor], limits: Any) -> "Service":
        """Predictors with a queue before them."""
        variants = {name: Variants(predictor) for name, predictor in predictors.items()}
        return cls(task, predictors, BatchQueue(lambda requests: answers(variants, requests), limits.waiting, limits.at_once))

    @property
    def predictor(self) -> BasePredictor:
        """The one that answers unless a request names another."""
        return self.predictors[DEFAULT_READER]

    @property
    def parameters(self) -> dict[str, list[str]]:
        """What requests may decide, see `parameters_of`."""
        return parameters_of(self.task, self.predictors)

    def prepare(self, page: Page, options: Mapping[str, Any]) -> Any:
        """What the predictor that a request names makes of a page before its turn."""
        return self.predictors[options.get("reader", DEFAULT_READER)].prepare(page)

    def about(self) -> dict[str, Any]:
        """For clients: the task's name, its purpose, and what may be asked of it."""
        return {
            "task": self.task,
            "purpose": purpose("task", self.task),
            "answers_every_page": self.predictor.answers_with_files,
            "explains": self.predictor.explains,
            "parameters": self.parameters,
            "drawing_px": self.predictor.drawing_px,
        }

    def close(self) -> None:
        """Ends its thread."""
        self.queue.close()


def open_services(cfg: Any) -> dict[str, Service]:
    """The services that ``cfg.weights`` names, each with its models loaded and the options that ``cfg.options`` has for it."""
    wanted = {str(task): weights for task, weights in cfg.weights.items() if weights is not None}
    return {task: Service.of(task, open_readers(cfg, task, weights), cfg.limits) for task, weights in wanted.items()}


def open_readers(cfg: Any, task: str, weights: str) -> dict[str, BasePredictor]:
    """What answers for a task, by name: its weights, and whatever ``cfg.readers`` has beside them."""
    common = {"weights": weights, "runtime": cfg.runtime, **cfg.options.get(task, {})}
    named = {DEFAULT_READER: {}, **cfg.readers.get(task, {})}
    return {str(name): load(task, **{**common, **own}) for name, own in named.items()}


class Variants:
    """A predictor with the options that requests decide, around the same network; the last ones are kept.

    Args:
        predictor: without any.
    """

    def __init__(self, predictor: BasePredictor) -> None:
        self.predictor = predictor
        self._kept = lru_cache(maxsize=VARIANTS)(self._made)

    def of(self, options: Mapping[str, Any]) -> BasePredictor:
        """The predictor for some options."""
        return self._kept(json.dumps(options, sort_keys=True))

    def _made(self, options: str) -> BasePredictor:
        own = json.loads(options)
        if not own:
            return self.predictor
        cfg = OmegaConf.merge(self.predictor.cfg, dict.fromkeys(own), own)  # nothing of the old values stays
        return type(self.predictor)(self.predictor.network, self.predictor.facts, cfg)


def answers(variants: Mapping[str, Variants], requests: list[Request]) -> Iterator[dict[str, Any] | Refused]:
    """Answers for several requests in their order, each as soon as it is known; those of the same options together."""
    for _, alike in groupby(requests, key=lambda request: json.dumps(request.options, sort_keys=True)):
        together = list(alike)
        own = dict(together[0].options)
        try:
            predictor = variants[own.pop("reader", DEFAULT_READER)].of(own)
        except UserError as error:  # the parameters do not go with these weights
            yield from [Refused(400, str(error))] * len(together)
            continue
        predictions = predictor.answers(request.prepared for request in together)
        for request, prediction in zip(together, predictions, strict=True):
            yield as_answer(predictor, request, prediction)


def as_answer(predictor: BasePredictor, request: Request, prediction: Prediction) -> dict[str, Any] | Refused:
    """A prediction as JSON, with the picture that it is about, its own pictures and files; or why there is none."""
    if prediction.error is not None:
        return Refused(422, prediction.error)
    answer = {**seen(request), **prediction.values}
    if predictor.answers_with_pictures or (predictor.explains and request.explain):
        answer |= {f"{name}_png": as_png(picture) for name, picture in prediction.pictures.items()}
    if predictor.answers_with_files:
        answer["files"] = files_of(prediction, stem_of(request.page))
    return answer


def stem_of(page: Page) -> str:
    """What the files of a page are called: as the upload is, and a page of several by its number."""
    stem = Path(page.name).stem
    return stem if page.count == 1 else f"{stem}_p{page.number:04d}"


def files_of(prediction: Prediction, stem: str) -> dict[str, str]:
    """The files of an answer by kind, in base64."""
    with tempfile.TemporaryDirectory() as folder:
        written = prediction.write(Path(folder) / stem)
        return {kind: base64.b64encode(path.read_bytes()).decode() for kind, path in written.items()}


def seen(request: Request) -> dict[str, Any]:
    """The picture's size, and where it is asked for the picture itself, upright, as a JPEG file in base64 that browsers show."""
    pixels = request.page.pixels
    height, width = pixels.shape[:2]
    if not request.shown:
        return {"width": width, "height": height}
    picture = Image.fromarray(pixels if pixels.dtype == np.uint8 and pixels.shape[2:] == (3,) else as_grey(pixels))
    picture.thumbnail((SHOWN_PX, SHOWN_PX))
    content = io.BytesIO()
    picture.save(content, format="JPEG", quality=JPEG_QUALITY)
    return {"width": width, "height": height, "shown_jpeg": base64.b64encode(content.getvalue()).decode()}


def as_png(pixels: np.ndarray) -> str:
    """A PNG file in base64; 16 bits are cut down to 8."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG", compress_level=3)
    return base64.b64encode(content.getvalue()).decode()
