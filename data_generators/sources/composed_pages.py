"""Whole pages that never existed, with the baseline of every line."""

import hashlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from base.registry import SOURCES
from base.source import BaseSource
from base.types import Origin, PageLine, Sample
from data_generators.synthesis.artifacts.kinds import soil
from data_generators.synthesis.artifacts.soiling import SoilablePage
from data_generators.synthesis.canvas import cut_text
from data_generators.synthesis.pages.composer import ComposedPage, PageRanges, compose_page
from data_generators.synthesis.pages.warp import SheetRanges, SheetWarp
from data_generators.synthesis.paper import PaperRanges, Scanner, cast_shadow, make_paper
from data_generators.synthesis.ranges import draw
from data_generators.synthesis.writing.fonts import find_families
from data_generators.synthesis.writing.text import word_list
from utils.configuration.values import plain

SHORTEST_SEEN = 0.6  # of a line must be in the picture


@SOURCES.register("composed_pages")
class ComposedPagesSource(BaseSource):
    """Pages of several layouts on ruled, soiled and curled sheets; fonts are disjoint between the splits by family.

    Args:
        cfg: the values of ``configs/data/pages.yaml``.
        split: ``train``, ``val`` or ``test``.
    """

    endless = True

    def __init__(self, cfg: Any, split: str) -> None:
        super().__init__(cfg, split)
        families = find_families(Path(cfg.fonts) if cfg.fonts else None, split)
        by_hand = {hand: [family for family in families if family.hand == hand] for hand in ("handwriting", "print")}
        self.families = {hand: members for hand, members in by_hand.items() if members}
        self.ranges = PageRanges(**{field.name: cfg.writing[field.name] for field in fields(PageRanges)})
        self.sheet = SheetRanges(**plain(cfg.sheet))
        self.paper = PaperRanges(**cfg.paper)
        self.artifacts = plain(cfg.artifacts)
        for language in cfg.languages:
            word_list(language)

    def __len__(self) -> int:
        return self.cfg.length

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return tuple(self.cfg.page_HW)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        """A page, grey uint8 (H, W), and its lines in reading order."""
        page_HW = canvas_HW or tuple(self.cfg.page_HW)
        page = compose_page(rng, page_HW, self.families, list(self.cfg.languages), self.cfg.layouts, self.ranges)
        contrast = draw(rng, self.cfg.writing.contrast)
        pressure = cv2.resize(rng.random((5, 8), dtype=np.float32), page_HW[::-1], interpolation=cv2.INTER_LINEAR)
        absorbed = page.coverage * (np.float32(contrast / 255) * (1 - np.float32(draw(rng, self.cfg.writing.fade)) * pressure))
        light = (1.0 - absorbed) * self._soiled(rng, page, contrast)
        warp = SheetWarp.draw(rng, page_HW, self.sheet)
        light = make_paper(rng, page_HW, self.paper) * warp.image(light.astype(np.float32), rng.uniform(0.1, 1.1))
        if rng.random() < self.cfg.shadow_probability:
            light *= cast_shadow(rng, page_HW, rng.uniform(0.05, 0.35))
        scanner = Scanner.draw(rng, page_HW, self.paper)
        image = scanner.scan(scanner.soften(np.clip(light, 0, 255)[..., None]))[..., 0]
        lines = [line for line in map(warp.line, page.lines) if _is_inside(line, page_HW)]
        text = "\n".join(line.text for line in lines)
        return Sample(image, text, origin=Origin.SYNTHETIC, lines=lines, tags={"layout": "page", "hand": "synthetic"})

    def _soiled(self, rng: np.random.Generator, page: ComposedPage, contrast: float) -> np.ndarray:
        """The light that rules, boxes and stains leave on the sheet, float32 (H, W)."""
        height, width = page.coverage.shape
        x_height = float(np.median([line.x_height for line in page.lines])) if page.lines else width / 60
        description = SoilablePage(
            height=height,
            width=width,
            x_height=x_height,
            words=page.words,
            baselines=sorted({round(float(line.baseline[:, 1].mean())) for line in page.lines}) or [height / 2],
            coverage=page.coverage,
            contrast=contrast,
            other_text=lambda rng: cut_text(rng, page.coverage, page.words, x_height),
            is_crop=False,
        )
        return soil(rng, description, self.artifacts, channels=1).light[..., 0]

    def fingerprint(self) -> str:
        names = [family.name for members in self.families.values() for family in members]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]
        return f"composed pages: {len(names)} font families ({digest}), {', '.join(self.cfg.layouts)}"


def _is_inside(line: PageLine, page_HW: tuple[int, int]) -> bool:
    height, width = page_HW
    x, y = line.baseline.T
    return bool(((x > 0) & (x < width) & (y > line.x_height / 2) & (y < height)).mean() >= SHORTEST_SEEN)
