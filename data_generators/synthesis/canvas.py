"""Puts real images, whatever their size, on a canvas of a wanted size."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from base.types import Ink, Sample, WordBox
from preprocessing.binarise import paper_tone, sauvola

LINE_PX = 64  # the height that a line of text is brought to before it is scaled at random
TALLEST_LINE_PX = 200  # a higher image is a page: it is cut, not taken for a line
MOST_LINES = 8
FAINT = 0.88  # darker than this part of the paper's tone, and yet not text: nobody knows what it is


def binarised_ink(image: np.ndarray) -> np.ndarray:
    """The text of a real clean image by Sauvola's threshold; faint strokes and fringes are unsure.

    Args:
        image: uint8 (H, W).

    Returns:
        uint8 (H, W), bits of `Ink`.
    """
    text = sauvola(image)
    unsure = ~text & (image < paper_tone(image) * FAINT)
    return np.where(text, np.uint8(Ink.TEXT), np.where(unsure, np.uint8(Ink.UNSURE), np.uint8(0)))


def with_truth(sample: Sample) -> Sample:
    """The sample without artifacts, its ink binarised from the image if the source did not know it."""
    if sample.clean is not None and sample.ink is not None:
        return replace(sample, image=sample.clean, ink=sample.ink & np.uint8(Ink.TEXT))
    if sample.ink is None:
        sample.ink = binarised_ink(sample.image)
    return sample


def fit_canvas(rng: np.random.Generator, samples: Iterable[Sample], canvas_HW: tuple[int, int]) -> Sample:
    """One page of exactly the canvas's size: a part of a page, or lines laid below each other on their paper's tone.

    Args:
        rng: decides scale and place.
        samples: where to take them from, endless; the first decides what the page is.
        canvas_HW: height and width in pixels.
    """
    source = iter(samples)
    first = with_truth(next(source))
    if first.image.shape == canvas_HW:
        return first
    page = np.full(canvas_HW, int(paper_tone(first.image)), np.uint8)
    ink = np.zeros(canvas_HW, np.uint8)
    if first.image.shape[0] > TALLEST_LINE_PX:
        scale = rng.uniform(0.7, 1.3)
        spare = first.image.shape[0] * scale - canvas_HW[0]
        _paste(rng, first, scale, page, ink, -int(rng.uniform(0, max(0.0, spare))))
        texts, layout = [first.text], "block"
    else:
        texts = _stack_lines(rng, first, source, page, ink)
        layout = "line" if len(texts) == 1 else "block"
    text, tags = "\n".join(texts), {**first.tags, "layout": layout}
    return Sample(page, text, first.group, first.path, first.origin, ink=ink, tags=tags)


def _stack_lines(
    rng: np.random.Generator, first: Sample, source: Iterator[Sample], page: np.ndarray, ink: np.ndarray
) -> list[str]:
    """Lays lines on the page in place, until it is full or, now and then, before; returns their texts."""
    height = page.shape[0]
    shrink = min(1.0, height / LINE_PX)
    scale = shrink * rng.uniform(0.7, 1.5) * LINE_PX / first.image.shape[0]
    line, top = first, int(rng.uniform(-0.1, 0.3) * LINE_PX * shrink)
    texts: list[str] = []
    while top < height - 16 and len(texts) < MOST_LINES:
        top = _paste(rng, line, scale, page, ink, top) + int(rng.uniform(-0.05, 0.3) * LINE_PX)
        texts.append(line.text)
        if rng.random() < 0.15:
            break
        line = with_truth(next(source))
        if line.image.shape == page.shape:  # a mixture's synthetic part: a page of its own
            break
    return texts


def _paste(rng: np.random.Generator, line: Sample, scale: float, page: np.ndarray, ink: np.ndarray, top: int) -> int:
    """Lays a scaled image on the page in place, its paper brought to the page's tone; returns the row below it."""
    image = cv2.resize(line.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    truth = cv2.resize(line.truth, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)
    image = cv2.convertScaleAbs(image, alpha=float(page.max() / max(paper_tone(image), 1.0)))
    spare = image.shape[1] - page.shape[1]
    start = int(rng.integers(0, spare + 1)) if spare > 0 else 0
    left = int(rng.integers(0, -spare + 1)) if spare < 0 else 0
    rows = slice(max(0, top), min(page.shape[0], top + image.shape[0]))
    columns = slice(left, min(page.shape[1], left + image.shape[1]))
    part = (slice(rows.start - top, rows.stop - top), slice(start, start + columns.stop - columns.start))
    page[rows, columns] = image[part]
    ink[rows, columns] = truth[part]
    return rows.stop


def measure_lines(coverage: np.ndarray) -> tuple[float, list[float]]:
    """Estimates x-height and baselines, in pixels, from where rows have much ink; coverage is uint8 (H, W)."""
    density = cv2.blur(coverage.astype(np.float32).mean(axis=1, keepdims=True), (1, 3)).ravel()
    dense = np.concatenate([[False], density > 0.4 * max(float(density.max()), 1.0), [False]])
    edges = np.flatnonzero(dense[1:] != dense[:-1])
    bands = [(top, bottom) for top, bottom in zip(edges[::2], edges[1::2], strict=True) if bottom - top >= 4]
    if not bands:
        return 16.0, [coverage.shape[0] * 0.7]
    return float(np.median([bottom - top for top, bottom in bands])), [float(bottom) for _, bottom in bands]


def cut_text(rng: np.random.Generator, coverage: np.ndarray, words: list[WordBox], x_height: float) -> np.ndarray:
    """A piece of the page's own writing, cropped to its ink, to stand for a neighbour's; uint8 (h, w)."""
    height, width = coverage.shape
    if words:
        word = words[int(rng.integers(len(words)))]
        left, right = max(0, int(word.left)), min(width, int(word.right) + 1)
        top, bottom = max(0, int(word.baseline - 2.2 * x_height)), min(height, int(word.baseline + 1.2 * x_height))
    else:
        left = int(rng.integers(0, max(1, width - int(4 * x_height))))
        right, top, bottom = left + int(rng.uniform(2, 6) * x_height), 0, height
    piece = coverage[top:bottom, left:right]
    rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
    if not rows.size:
        return np.zeros((4, 4), np.uint8)
    piece = piece[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return piece[: max(4, int(3 * x_height))]
