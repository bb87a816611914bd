"""Whether explanations explain: how much of the heat lies on the jamo, and what goes when the hottest ink goes."""

from typing import Any

import cv2
import numpy as np

from base.errors import UserError
from base.report import Table
from data_generators.hangul import HangulData
from data_generators.sources.hangul import HangulSource
from predictors.hangul import HangulPredictor, explanation_picture
from preprocessing.syllable_image import ink_box, into_square, level_syllable
from preprocessing.text import hangul
from utils.drawing.pictures import contact_sheet
from utils.runs.progress import progress

REGION = 0.3  # how much a place must belong to a jamo to count as its own
REACH_PX = 5  # the region is so much wider than its strokes, at 64 px
INK_BELOW = 128  # grey level
DELETED = (0.1, 0.2, 0.3, 0.4, 0.5)  # parts of the ink
PICTURES = 12
RANDOM = "random ink"


def explained(cfg: Any, predictor: HangulPredictor, data: HangulData, wrong: list[int]) -> tuple[Table, dict[str, np.ndarray]]:
    """A table of how well the explanations of some samples hold, and pictures of samples and of wrong readings.

    Args:
        cfg: ``explained_samples`` is used.
        predictor: of a bundle.
        data: what was measured; where its pictures were made, the strokes of each jamo are known.
        wrong: the indexes of pictures that were read wrongly.
    """
    count = min(cfg.explained_samples, len(data))
    frames, regions = samples_with_regions(predictor, data, count)
    read = [answer.text for answer in predictor.ranked(list(frames), 1)]
    classes = np.array([hangul.encode(text) for text in read])
    heat = predictor.explain(frames, classes)
    figures = {"explained.png": sheet(frames, read, heat)}
    shown = [frame for index in wrong[:PICTURES] if isinstance(frame := predictor.frame(data.sample(index).image), np.ndarray)]
    if shown:
        wrongly = [answer.text for answer in predictor.ranked(shown, 1)]
        theirs = predictor.explain(np.stack(shown), np.array([hangul.encode(text) for text in wrongly]))
        figures["explained_wrong.png"] = sheet(np.stack(shown), wrongly, theirs)
    return table_of(predictor, frames, classes, heat, regions), figures


def samples_with_regions(predictor: HangulPredictor, data: HangulData, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Framed pictures uint8 (N, side, side), and the regions of their jamo bool (N, 3, side, side) where known."""
    name, part = next(iter(data.measured.parts.items()))
    if isinstance(part, HangulSource):
        data.measured.parts[name] = part.showing_parts()
    frames, regions = [], []
    for index in range(count):
        sample = data.sample(index)
        frame = predictor.frame(sample.image)
        if not isinstance(frame, np.ndarray):
            continue
        frames.append(frame)
        if sample.parts is not None:
            regions.append(framed_regions(sample.image, sample.parts, predictor.image_px))
    data.measured.parts[name] = part
    if not frames:
        raise UserError(f"explained_samples={count}: none of the first {count} pictures shows anything")
    return np.stack(frames), np.stack(regions) if len(regions) == len(frames) else None


def framed_regions(image: np.ndarray, parts: np.ndarray, side: int) -> np.ndarray:
    """The regions of the jamo where the frame has them, bool (3, side, side)."""
    level = level_syllable(image)
    box = ink_box(level)
    assert box is not None
    reach = max(1, round(REACH_PX * side / 64))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    moved = []
    for part in parts:
        grey = np.uint8(255) - cv2.resize((part * 255).astype(np.uint8), level.shape[::-1], interpolation=cv2.INTER_AREA)
        strokes = into_square(grey, box, side) < 255 * (1 - REGION)
        moved.append(cv2.dilate(strokes.view(np.uint8), kernel) > 0)
    return np.stack(moved)


def table_of(
    predictor: HangulPredictor, frames: np.ndarray, classes: np.ndarray, heat: dict[str, np.ndarray], regions: np.ndarray | None
) -> Table:
    """A row for each method and jamo."""
    table = Table(
        f"explanations of {len(frames)} pictures (heat on the jamo's own strokes; confidence that is left when ink is deleted)",
        ["method", "jamo", "heat on the jamo", "area of the jamo", "left after deletion", f"left after {RANDOM}"],
    )
    there = np.stack([classes[:, at] != none for at, none in enumerate((hangul.NO_INITIAL, hangul.NO_MEDIAL, hangul.NO_FINAL))])
    noise = np.random.default_rng(1).random(frames.shape, dtype=np.float32)
    for at, place in enumerate(hangul.PLACES):
        chosen = np.flatnonzero(there[at])
        if not len(chosen):
            continue
        by_chance = deletion(predictor, frames[chosen], classes[chosen, at], at, noise[chosen])
        for method, maps in heat.items():
            own = maps[chosen, at]
            shares = ["", ""]
            if regions is not None:
                inside = regions[chosen, at]
                shares = [f"{np.mean(part):.1%}" for part in (heat_inside(own, inside), inside.mean(axis=(1, 2)))]
            left = deletion(predictor, frames[chosen], classes[chosen, at], at, own)
            table.rows.append([method, place, *shares, f"{left:.1%}", f"{by_chance:.1%}"])
    return table


def heat_inside(heat_NHW: np.ndarray, inside_NHW: np.ndarray) -> np.ndarray:
    """The part of each picture's heat that lies inside of a region, float (N,)."""
    return (heat_NHW * inside_NHW).sum(axis=(1, 2)) / np.maximum(heat_NHW.sum(axis=(1, 2)), 1e-12)


def deletion(predictor: HangulPredictor, frames: np.ndarray, numbers: np.ndarray, at: int, heat: np.ndarray) -> float:
    """The mean probability of a jamo while the hottest ink is deleted, 10 to 50 per cent of it (after RISE, Petsiuk et al. 2018).

    Args:
        predictor: asked for probabilities.
        frames: uint8 (N, side, side).
        numbers: (N,), the class of the jamo.
        at: its place.
        heat: float (N, side, side): what goes first.
    """
    left = []
    classes = hangul.classes_of(predictor.texts)[:, at]
    for frame, number, warm in progress(list(zip(frames, numbers, heat, strict=True)), "deletions"):
        ink = np.flatnonzero(frame < INK_BELOW)
        order = ink[np.argsort(-warm.ravel()[ink], kind="stable")]
        versions = []
        for part in DELETED:
            version = frame.copy()
            version.ravel()[order[: round(part * len(order))]] = 255
            versions.append(version)
        scores, _ = predictor.scores(versions)
        left.append(float(np.exp(scores[:, classes == number]).sum(axis=1).mean()))
    return float(np.mean(left))


def sheet(frames: np.ndarray, texts: list[str], heat: dict[str, np.ndarray]) -> np.ndarray:
    """RGB uint8 (H, W, 3), the first pictures with their explanations."""
    rows = [
        explanation_picture(frame, text, {method: maps[number] for method, maps in heat.items()})
        for number, (frame, text) in enumerate(zip(frames[:PICTURES], texts, strict=False))
    ]
    return contact_sheet(rows)
