"""Soils clean pages with artifacts whose place is known to the pixel."""

from pathlib import Path

import cv2
import numpy as np
from omegaconf import OmegaConf

from base.data_generator import BaseDataGenerator
from base.registry import DATA_GENERATORS
from base.types import ARTIFACT, Batch, Ink, Sample, WordBox
from data_generators.synthesis.artifacts import Page, soil
from data_generators.synthesis.paper import PaperRanges, Scanner
from data_generators.synthesis.patches import PatchLibrary
from preprocessing.augment import bleach, change_tones
from preprocessing.binarise import paper_tone

VISIBLE_GREY_LEVELS = 4  # a smaller difference from the clean page is not seen


@DATA_GENERATORS.register("eraser")
class EraserData(BaseDataGenerator):
    """Clean text of any source, put on a canvas, soiled, and scanned."""

    def __init__(self, cfg, split: str, seed: int) -> None:
        super().__init__(cfg, split, seed)
        self.paper = PaperRanges(**cfg.paper)
        self.artifacts = OmegaConf.to_container(cfg.artifacts, resolve=True)
        patches = self.artifacts["patches"]
        self.patches = PatchLibrary(Path(patches), split) if patches else None

    def sample(self, index: int) -> Sample:
        """A soiled page of one of the configured shapes; ``clean`` is the same scan without artifacts."""
        _, height, width = self.cfg.shapes[index % len(self.cfg.shapes)]
        return self.soiled(self.rng(index), (height, width), with_clean=True)

    def batch(self, step: int) -> Batch:
        """Images uint8 (batch, H, W, 1) and their ink uint8 (batch, H, W), all of one of the configured shapes."""
        count, height, width = self.cfg.shapes[step % len(self.cfg.shapes)]
        largest = max(shape[0] for shape in self.cfg.shapes)
        samples = [self._training_sample(self.rng(step * largest + place), (height, width)) for place in range(count)]
        return Batch(np.stack([sample.image for sample in samples])[..., None], np.stack([sample.ink for sample in samples]))

    def _training_sample(self, rng: np.random.Generator, canvas_HW: tuple[int, int]) -> Sample:
        """A soiled page with the tones of other people's scanning; artifacts that vanish in them become unsure."""
        bleached = rng.random() < self.cfg.bleach_probability
        sample = self.soiled(rng, canvas_HW, with_clean=bleached)
        if bleached:
            before, seed = sample.image, int(rng.integers(2**31))
            sample.image = bleach(np.random.default_rng(seed), before)
            clean = bleach(np.random.default_rng(seed), sample.clean)
            vanished = (cv2.absdiff(sample.image, clean) < VISIBLE_GREY_LEVELS) & (sample.ink & ARTIFACT != 0)
            sample.ink[vanished & (sample.ink & Ink.TEXT == 0)] |= np.uint8(Ink.UNSURE)
        if rng.random() < self.cfg.tone_probability:
            sample.image = change_tones(rng, sample.image)
        return sample

    def soiled(self, rng: np.random.Generator, canvas_HW: tuple[int, int], *, with_clean: bool = False) -> Sample:
        """Draws a clean page and soils it.

        Returns:
            A sample with ``image`` grey (H, W), or RGB (H, W, 3) where ``data.colour`` is set, and ``ink``.
        """
        sample = self._clean_page(rng, canvas_HW)
        channels = 3 if self.cfg.colour else 1
        canvas = soil(rng, self._page(sample), self.artifacts, channels=channels)
        scanner = Scanner.draw(rng, canvas_HW, self.paper)
        page = sample.image.astype(np.float32)[..., None]
        soiled = scanner.scan(page * scanner.soften(canvas.light))
        sample.ink = sample.ink | canvas.ink
        sample.ink[(canvas.ink != 0) & (sample.ink & Ink.UNSURE != 0)] &= ~np.uint8(Ink.UNSURE)
        if with_clean:
            sample.clean = _grey_or_colour(scanner.scan(np.repeat(page, channels, axis=2)))
        sample.image = _grey_or_colour(soiled)
        sample.tags["kinds"] = "+".join(canvas.kinds) or "none"
        return sample

    def _clean_page(self, rng: np.random.Generator, canvas_HW: tuple[int, int]) -> Sample:
        """A sample of exactly the canvas's size: larger ones are cut, smaller ones laid on their own paper tone."""
        first = self._draw(rng, canvas_HW)
        if first.image.shape == canvas_HW:
            return first
        height, width = canvas_HW
        scale = min(1.0, height / 64) * rng.uniform(0.7, 1.5) * 64 / first.image.shape[0]
        page = np.full(canvas_HW, int(paper_tone(first.image)), np.uint8)
        ink = np.zeros(canvas_HW, np.uint8)
        line, top, lines = first, int(rng.uniform(-0.1, 0.3) * 64 * min(1.0, height / 64)), 0
        while top < height - 16 and lines < 8:
            top = _paste(rng, line, scale, page, ink, top) + int(rng.uniform(-0.05, 0.3) * 64)
            lines += 1
            if rng.random() < 0.15:
                break
            line = self._draw(rng, canvas_HW)
            if line.image.shape == canvas_HW:  # a mixture's synthetic part: pages of their own
                break
        first.image, first.ink = page, ink
        first.tags["layout"] = "line" if lines == 1 else "block"
        return first

    def _draw(self, rng: np.random.Generator, canvas_HW: tuple[int, int]) -> Sample:
        return self.source.sample(int(rng.integers(len(self.source))), rng, canvas_HW)

    def _page(self, sample: Sample) -> Page:
        height, width = sample.image.shape
        coverage = np.where(sample.ink & Ink.TEXT, np.uint8(255), np.uint8(0))
        if sample.words:
            x_height = sample.words[0].x_height
            baselines = sorted({round(word.baseline / x_height) * x_height for word in sample.words})
        else:
            x_height, baselines = measure_lines(coverage)

        def other_text(rng: np.random.Generator) -> np.ndarray:
            return _some_text(rng, coverage, sample.words, x_height)

        return Page(height, width, x_height, sample.words, baselines, coverage, _text_contrast(sample, coverage), other_text,
                    sample.tags["layout"] == "line", self.patches)


def measure_lines(coverage: np.ndarray) -> tuple[float, list[float]]:
    """Estimates x-height and baselines, in pixels, from where rows have much ink; coverage is uint8 (H, W)."""
    density = cv2.blur(coverage.astype(np.float32).mean(axis=1, keepdims=True), (1, 3)).ravel()
    dense = np.concatenate([[False], density > 0.4 * max(float(density.max()), 1.0), [False]])
    edges = np.flatnonzero(dense[1:] != dense[:-1])
    bands = [(top, bottom) for top, bottom in zip(edges[::2], edges[1::2], strict=True) if bottom - top >= 4]
    if not bands:
        return 16.0, [coverage.shape[0] * 0.7]
    return float(np.median([bottom - top for top, bottom in bands])), [float(bottom) for _, bottom in bands]


def _paste(rng: np.random.Generator, line: Sample, scale: float, page: np.ndarray, ink: np.ndarray, top: int) -> int:
    """Lays a scaled line on the page in place; returns the row below it."""
    image = cv2.resize(line.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    truth = cv2.resize(line.ink, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)
    tone = page.max() / max(paper_tone(image), 1.0)
    image = cv2.convertScaleAbs(image, alpha=float(tone))
    spare = image.shape[1] - page.shape[1]
    start = int(rng.integers(0, spare + 1)) if spare > 0 else 0
    left = int(rng.integers(0, -spare + 1)) if spare < 0 else 0
    rows = slice(max(0, top), min(page.shape[0], top + image.shape[0]))
    columns = slice(left, min(page.shape[1], left + image.shape[1]))
    part = (slice(rows.start - top, rows.stop - top), slice(start, start + columns.stop - columns.start))
    page[rows, columns] = image[part]
    ink[rows, columns] = truth[part]
    return rows.stop


def _text_contrast(sample: Sample, coverage: np.ndarray) -> float:
    """The part of the paper's light that the text takes away on average."""
    return max(0.0, 1.0 - cv2.mean(sample.image, coverage)[0] / max(paper_tone(sample.image), 1.0))


def _some_text(rng: np.random.Generator, coverage: np.ndarray, words: list[WordBox], x_height: float) -> np.ndarray:
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


def _grey_or_colour(image_HWC: np.ndarray) -> np.ndarray:
    return image_HWC[..., 0] if image_HWC.shape[2] == 1 else image_HWC
