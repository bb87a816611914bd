"""What each task answers to a picture, as JSON."""

import base64
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from base.registry import PAGE_FORMATS
from base.types import Prediction
from predictors import load
from predictors.pages import page_values
from predictors.reading.line_files import as_prediction
from predictors.serving.queue import Answer, BatchQueue
from predictors.serving.uploads import Refused
from utils.files.images import Page, UnreadableImage, as_grey

SHOWN_PX = 2000  # no picture that is sent back to be looked at is larger
JPEG_QUALITY = 82
DOWNLOADS = ("txt", "page", "alto", "pdf")


@dataclass(frozen=True)
class Request:
    """A page to answer for, and how; ``prepared`` is what the task's service made of it before it was queued."""

    page: Page
    name: str
    options: dict[str, Any]
    prepared: Any = None


@dataclass(frozen=True)
class Service:
    """One task.

    Attributes:
        task: its name.
        queue: of `Request`s, whose results are dicts for JSON.
        prepare: what can be done for a page before its turn, in whatever thread took it in.
    """

    task: str
    queue: BatchQueue
    prepare: Callable[[Page], Any] = lambda page: None

    def close(self) -> None:
        """Ends its thread."""
        self.queue.close()


def open_services(cfg: Any) -> dict[str, Service]:
    """The services that ``cfg.weights`` names, each with its model loaded."""
    services = {}
    for task, weights in cfg.weights.items():
        if weights is not None:
            predictor = load(task, weights, runtime=cfg.runtime)
            queue = BatchQueue(ANSWERS[task](predictor), cfg.limits.waiting, cfg.limits.at_once)
            services[str(task)] = Service(str(task), queue, *([preparing(predictor)] if task == "lines" else []))
    return services


def clean_pages(predictor: Any) -> Answer:
    """Cleaned pictures and masks, as PNG files in base64."""

    def clean(request: Request) -> dict[str, Any]:
        result = predictor.clean(request.page.pixels)
        return {
            **seen(request),
            "artifact_fraction": round(float(result.erased.mean()), 6),
            "cleaned_png": as_png(result.image),
            "mask_png": as_png(np.where(result.erased, np.uint8(255), np.uint8(0))),
        }

    return one_by_one(clean)


def read_lines(predictor: Any) -> Answer:
    """The texts of pictures of lines, read together."""

    def read(requests: list[Request]) -> list[Any]:
        readings = predictor.read([request.prepared for request in requests])
        return [as_answer(*pair) for pair in zip(requests, map(answered, readings), strict=True)]

    def answered(reading: Any) -> Prediction:
        return predictor.checked(as_prediction("", reading))

    return read


def preparing(predictor: Any) -> Callable[[Page], Any]:
    """Levels and scales a line while the network is busy with others."""
    return lambda page: predictor.prepared(page.pixels)


def read_syllables(predictor: Any) -> Answer:
    """The five most probable syllables of each picture, read together; with ``explain`` where each jamo was seen."""

    def read(requests: list[Request]) -> list[Any]:
        answers = predictor.predict([request.page.pixels for request in requests], n=5)
        return [explained(predictor, *pair) for pair in zip(requests, answers, strict=True)]

    return read


def explained(predictor: Any, request: Request, prediction: Prediction) -> Any:
    """An answer, with its attribution picture where that was asked for and there is something to explain."""
    answer = as_answer(request, prediction)
    if request.options.get("explain") and isinstance(answer, dict) and answer.get("text"):
        reading = next(predictor.read([request.page.pixels], 1))
        answer["attribution_png"] = as_png(predictor.explanation(reading))
    return answer


def read_pages(predictor: Any) -> Answer:
    """Whole pages with their lines, and the files that can be downloaded."""

    def read(request: Request) -> dict[str, Any]:
        page = predictor.read_page(request.page, request.name)
        with tempfile.TemporaryDirectory() as folder:
            written = {name: PAGE_FORMATS.get(name)(page, Path(folder) / "page") for name in DOWNLOADS}
            files = {name: base64.b64encode(path.read_bytes()).decode() for name, path in written.items()}
        return {**seen(request), **page_values(page), "files": files}

    return one_by_one(read)


ANSWERS: dict[str, Callable[[Any], Answer]] = {
    "eraser": clean_pages,
    "lines": read_lines,
    "pages": read_pages,
    "hangul": read_syllables,
}


def one_by_one(answer: Callable[[Request], dict[str, Any]]) -> Answer:
    """Requests that gain nothing from being answered together; one that cannot be answered costs the others nothing."""

    def answer_all(requests: list[Request]) -> list[Any]:
        """Answers, or for each that failed the error."""
        results: list[Any] = []
        for request in requests:
            try:
                results.append(answer(request))
            except UnreadableImage as error:
                results.append(Refused(422, str(error)))
            except Exception as error:  # a bug on one picture; it goes to who sent that, as status 500
                results.append(error)
        return results

    return answer_all


def as_answer(request: Request, prediction: Prediction) -> Any:
    """A prediction as JSON, with the picture that it is about, or why there is none."""
    return Refused(422, prediction.error) if prediction.error else {**seen(request), **prediction.values}


def seen(request: Request) -> dict[str, Any]:
    """The picture's size, and where it is asked for the picture itself, upright, as a JPEG file in base64 that browsers show."""
    page = request.page
    height, width = page.pixels.shape[:2]
    if not request.options.get("shown"):
        return {"width": width, "height": height}
    colours = page.pixels.dtype == np.uint8 and page.pixels.ndim == 3 and page.pixels.shape[2] == 3
    picture = Image.fromarray(page.pixels if colours else as_grey(page.pixels))
    picture.thumbnail((SHOWN_PX, SHOWN_PX))
    content = io.BytesIO()
    picture.save(content, format="JPEG", quality=JPEG_QUALITY)
    return {"width": width, "height": height, "shown_jpeg": base64.b64encode(content.getvalue()).decode()}


def as_png(pixels: np.ndarray) -> str:
    """A PNG file in base64."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG", compress_level=3)
    return base64.b64encode(content.getvalue()).decode()
