"""Soils clean pages with artifacts whose place is known to the pixel."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from base.data_generator import BaseDataGenerator
from base.registry import DATA_GENERATORS
from base.types import ARTIFACT, Batch, Ink, Sample
from data_generators.batches.readable import readable_sample
from data_generators.synthesis.artifacts.description import describe, merge_ink
from data_generators.synthesis.artifacts.kinds import soil
from data_generators.synthesis.artifacts.patches import PatchLibrary
from data_generators.synthesis.canvas import fit_canvas
from data_generators.synthesis.paper import PaperRanges, Scanner
from preprocessing.augment import bleach, change_tones
from preprocessing.binarise import paper_tone
from utils.configuration.values import plain

VISIBLE_GREY_LEVELS = 4  # a smaller difference from the clean page is not seen


@DATA_GENERATORS.register("eraser")
class EraserData(BaseDataGenerator):
    """Clean text of any source, put on a canvas, soiled, and scanned."""

    def __init__(self, cfg: Any, split: str, seed: int, run: Any = None) -> None:
        super().__init__(cfg, split, seed, run)
        self.paper = PaperRanges(**cfg.paper)
        self.artifacts = plain(cfg.artifacts)
        patches = self.artifacts["patches"]
        self.patches = PatchLibrary(Path(patches), split) if patches else None

    def sample(self, index: int) -> Sample:
        """A soiled page of one of the configured shapes; ``clean`` is the same scan without artifacts."""
        _, height, width = self.cfg.shapes[index % len(self.cfg.shapes)]
        return self.soiled(self.rng(index), (height, width))

    def batch(self, step: int) -> Batch:
        """Images uint8 (batch, H, W, 1) and their ink uint8 (batch, H, W), all of one of the configured shapes."""
        count, height, width = self.cfg.shapes[step % len(self.cfg.shapes)]
        largest = max(shape[0] for shape in self.cfg.shapes)
        samples = [self._training_sample(self.rng(step * largest + place), (height, width)) for place in range(count)]
        return Batch(np.stack([sample.image for sample in samples])[..., None], np.stack([sample.truth for sample in samples]))

    def soiled(self, rng: np.random.Generator, canvas_HW: tuple[int, int]) -> Sample:
        """Draws a clean page and soils it.

        Returns:
            A sample with ``ink``, and with ``image`` and ``clean`` grey (H, W), or RGB (H, W, 3) if ``data.colour`` is set.
        """
        page, canvas, scanner = self._draw_layers(rng, canvas_HW)
        light = page.image.astype(np.float32)[..., None]
        clean = scanner.scan(np.repeat(light, canvas.light.shape[2], axis=2))
        soiled = scanner.scan(light * scanner.soften(canvas.light))
        return Sample(
            image=_grey_or_colour(soiled),
            text=page.text,
            group=page.group,
            path=page.path,
            origin=page.origin,
            ink=merge_ink(page.truth, canvas.ink),
            clean=_grey_or_colour(clean),
            words=page.words,
            tags={**page.tags, "kinds": "+".join(canvas.kinds) or "none"},
        )

    def _training_sample(self, rng: np.random.Generator, canvas_HW: tuple[int, int]) -> Sample:
        """A soiled page with the tones of other people's scanning; artifacts that vanish in them become unsure."""
        page, canvas, scanner = self._draw_layers(rng, canvas_HW)
        light = page.image.astype(np.float32)[..., None]
        image = scanner.scan(light * scanner.soften(canvas.light))[..., 0]
        ink = merge_ink(page.truth, canvas.ink)
        if rng.random() < self.cfg.bleach_probability:
            curve = bleach(rng, paper_tone(image))
            faded = cv2.absdiff(cv2.LUT(image, curve), cv2.LUT(scanner.scan(light)[..., 0], curve)) < VISIBLE_GREY_LEVELS
            ink[faded & (ink & ARTIFACT != 0) & (ink & Ink.TEXT == 0)] |= np.uint8(Ink.UNSURE)
            image = cv2.LUT(image, curve)
        if rng.random() < self.cfg.tone_probability:
            image = change_tones(rng, image)
        return Sample(image, ink=ink)

    def _draw_layers(self, rng: np.random.Generator, canvas_HW: tuple[int, int]):
        """A clean page, what soils it, and the scanner that sees both."""
        page = fit_canvas(rng, self._draw_forever(rng, canvas_HW), canvas_HW)
        canvas = soil(
            rng, describe(page, page.tags["layout"] == "line", self.patches), self.artifacts, channels=3 if self.cfg.colour else 1
        )
        return page, canvas, Scanner.draw(rng, canvas_HW, self.paper)

    def _draw_forever(self, rng: np.random.Generator, canvas_HW: tuple[int, int]) -> Iterator[Sample]:
        while True:
            yield readable_sample(self.source, int(rng.integers(len(self.source))), rng, canvas_HW)


def _grey_or_colour(image_HWC: np.ndarray) -> np.ndarray:
    return image_HWC[..., 0] if image_HWC.shape[2] == 1 else image_HWC
