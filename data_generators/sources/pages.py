"""Clean pages that never existed: text of real languages in handwriting and print fonts on paper."""

import hashlib
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np

from base.registry import SOURCES
from base.source import BaseSource
from base.types import Ink, Origin, Sample
from data_generators.synthesis.pages.renderer import RenderRanges, render
from data_generators.synthesis.paper import PaperRanges, make_paper
from data_generators.synthesis.ranges import draw
from data_generators.synthesis.strokes import MASK_COVERAGE
from data_generators.synthesis.writing.fonts import FontFamily, find_families
from data_generators.synthesis.writing.text import sample_words, word_list

TALLEST_LINE_PX = 80  # a canvas no taller than this holds one line


@SOURCES.register("pages")
class PagesSource(BaseSource):
    """Words, lines and blocks of lines; fonts are disjoint between the splits by family."""

    endless = True

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        families = find_families(Path(cfg.fonts) if cfg.fonts else None, split)
        self.families = {hand: [family for family in families if family.hand == hand] for hand in ("handwriting", "print")}
        self.families = {hand: members for hand, members in self.families.items() if members}
        self.ranges = RenderRanges(**{field.name: cfg.rendering[field.name] for field in fields(RenderRanges)})
        self.paper = PaperRanges(**cfg.paper)
        for language in cfg.languages:
            word_list(language)

    def __len__(self) -> int:
        return self.cfg.length

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        """A page of the wanted size (64x512 without a wish), its text, its exact ink, and where its words stand."""
        height, width = canvas_HW or (64, 512)
        family = self._choose_family(rng)
        font_path = family.files[int(rng.integers(len(family.files)))]
        single = height <= TALLEST_LINE_PX or rng.random() < self.cfg.rendering.line_probability
        x_height = self._draw_x_height(rng, height, single)
        first_baseline = height / 2 + x_height * rng.uniform(0.2, 0.8) if single else x_height * rng.uniform(-0.5, 2.5)
        lines = 1 if single else 1 + int(height / (x_height * 1.6))
        words = sample_words(rng, list(self.cfg.languages), 4 + lines * int(1 + width / (x_height * 3.5)))
        ink = render(
            rng,
            words,
            font_path,
            canvas_HW=(height, width),
            x_height_px=x_height,
            first_baseline_px=first_baseline,
            lines=lines,
            hand=family.hand,
            ranges=self.ranges,
        )
        truth = np.where(ink.coverage >= MASK_COVERAGE * 255, np.uint8(Ink.TEXT), np.uint8(0))
        return Sample(
            image=self._ink_on_paper(rng, ink.coverage),
            text=ink.text,
            group=family.name,
            origin=Origin.SYNTHETIC,
            ink=truth,
            words=[word for word in ink.words if -x_height < word.baseline < height + x_height],
            tags={"hand": family.hand, "layout": "line" if single else "block"},
        )

    def _draw_x_height(self, rng: np.random.Generator, height: int, single: bool) -> float:
        """A line fills its canvas; a block has room for three lines or more, so that the two can be told apart."""
        smallest, largest = self.cfg.rendering.x_height_px
        if single:
            smallest, largest = max(smallest, height * 0.13), min(largest, height * 0.42)
        else:
            largest = min(largest, height * 0.12)
        return rng.uniform(min(smallest, largest), largest)

    def _choose_family(self, rng: np.random.Generator) -> FontFamily:
        printed = "print" in self.families and rng.random() < self.cfg.rendering.print_probability
        members = self.families["print" if printed or "handwriting" not in self.families else "handwriting"]
        return members[int(rng.integers(len(members)))]

    def _ink_on_paper(self, rng: np.random.Generator, coverage: np.ndarray) -> np.ndarray:
        height, width = coverage.shape
        paper = make_paper(rng, (height, width), self.paper)
        pressure = cv2.resize(rng.random((3, 8), dtype=np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        contrast = draw(rng, self.cfg.rendering.ink_contrast)
        lost = draw(rng, self.cfg.rendering.ink_fade)
        absorbed = coverage.astype(np.float32) * (1.0 / 255.0) * (contrast * (1.0 - lost * pressure))
        blur_px = draw(rng, self.paper.blur_px)
        if blur_px > 0.15:
            absorbed = cv2.GaussianBlur(absorbed, (0, 0), blur_px)
        return cv2.convertScaleAbs(paper * (1.0 - absorbed))

    def fingerprint(self) -> str:
        names = [family.name for members in self.families.values() for family in members]
        return f"pages: {len(names)} font families ({hashlib.sha256(' '.join(names).encode()).hexdigest()[:8]})"
