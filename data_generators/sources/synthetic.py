"""Lines that never existed: text of real languages, written by font, hand and pen on paper."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import GlyphBox, Ink, Sample, WordBox
from data_generators.synthesis.artifacts import soil
from data_generators.synthesis.canvas import cut_text
from data_generators.synthesis.fonts import FontFamily, can_draw_all, find_families
from data_generators.synthesis.paper import PaperRanges, Scanner, cast_shadow, make_paper
from data_generators.synthesis.pen import PenRanges, absorb, press
from data_generators.synthesis.ranges import draw
from data_generators.synthesis.soiling import Page
from data_generators.synthesis.strokes import MASK_COVERAGE
from data_generators.synthesis.text import LineText
from data_generators.synthesis.writing import Hand, Strip, WritingRanges, set_line
from preprocessing.charset import Charset
from utils.values import plain

FONT_ATTEMPTS = 12
TEXT_ATTEMPTS = 30
WIDTH_PER_CHARACTER = 0.95  # x-heights, on average over the fonts


@dataclass(frozen=True)
class Preset:
    """The ranges of one kind of picture."""

    writing: WritingRanges
    pen: PenRanges
    paper: PaperRanges
    artifacts: Mapping[str, Any]
    shadow_probability: float
    shadow_depth: tuple[float, float]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Preset":
        """A preset from the values of ``configs/data/preset/*.yaml``."""
        return cls(
            WritingRanges(**values["writing"]),
            PenRanges(**values["pen"]),
            PaperRanges(**values["paper"]),
            values["artifacts"],
            values["shadow_probability"],
            values["shadow_depth"],
        )


@SOURCES.register("synthetic")
class SyntheticSource(BaseSource):
    """Single lines of the configured height; fonts are disjoint between the splits by family.

    A sample knows its ink, pixel for pixel, the page without artifacts, and where its words and glyphs stand.

    Raises:
        UserError: no fonts, unknown languages, or a character of the charset that no font can draw.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        settings = plain(cfg)
        families = find_families(Path(cfg.fonts) if cfg.fonts else None, split)
        self.families = {hand: [family for family in families if family.hand == hand] for hand in ("handwriting", "print")}
        self.characters = frozenset(Charset.read(Path(cfg.charset)).characters) if cfg.charset else None
        self._check_charset()
        self.text = LineText(settings["text"], settings["languages"], self.characters)
        chosen = settings["preset"] if isinstance(settings["preset"], dict) else {settings["preset"]: 1.0}
        self.presets = {name: Preset.of(settings["presets"][name]) for name in chosen}
        weights = np.array([chosen[name] for name in self.presets], float)
        self.limits = np.cumsum(weights / weights.sum())

    def __len__(self) -> int:
        return self.cfg.length

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        words, name, x_height = self._choose(rng)
        words, family, path = self._find_font(rng, words)
        preset = self.presets[name]
        page, hand, strip = self._write(rng, words, path, x_height, preset)
        return self._picture(rng, page, hand, strip, words, preset, tags={"hand": family.hand, "font": family.name, "preset": name})

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        """An estimate from the text alone; the same rng state gives the text of `sample`."""
        words, _, x_height = self._choose(rng)
        width = (len(" ".join(words)) + 1) * WIDTH_PER_CHARACTER * x_height
        return self.cfg.height_px, int(min(width, self.cfg.widest_px))

    def fingerprint(self) -> str:
        names = [family.name for members in self.families.values() for family in members]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]
        return f"synthetic: {len(names)} font families ({digest}), {', '.join(self.presets)}"

    def _choose(self, rng: np.random.Generator) -> tuple[list[str], str, float]:
        """What is written, on which kind of page, and the x-height in pixels."""
        words = self.text.sample(rng)
        name = list(self.presets)[min(int(np.searchsorted(self.limits, rng.random())), len(self.limits) - 1)]
        return words, name, draw(rng, self.presets[name].writing.x_height) * self.cfg.height_px

    def _find_font(self, rng: np.random.Generator, words: list[str]) -> tuple[list[str], FontFamily, Path]:
        """A font that can draw every character; other words where no font can."""
        for _ in range(TEXT_ATTEMPTS):
            characters = frozenset("".join(words))
            for _ in range(FONT_ATTEMPTS):
                family = self._draw_family(rng)
                path = family.files[int(rng.integers(len(family.files)))]
                if can_draw_all(path, characters):
                    return words, family, path
            fitting = [(family, path) for family, path in self._all_files() if can_draw_all(path, characters)]
            if fitting:
                return words, *fitting[int(rng.integers(len(fitting)))]
            words = self.text.sample(rng)
        raise UserError(
            f"no font can draw texts such as {' '.join(words)!r}: add fonts (data.fonts), or set data.charset or data.languages"
        )

    def _draw_family(self, rng: np.random.Generator) -> FontFamily:
        printed = self.families["print"] and (not self.families["handwriting"] or rng.random() < self.cfg.print_probability)
        members = self.families["print" if printed else "handwriting"]
        return members[int(rng.integers(len(members)))]

    def _all_files(self) -> list[tuple[FontFamily, Path]]:
        return [(family, path) for members in self.families.values() for family in members for path in family.files]

    def _check_charset(self) -> None:
        for character in sorted(self.characters or ()):
            if not any(can_draw_all(path, frozenset(character)) for _, path in self._all_files()):
                raise UserError(
                    f"{self.cfg.charset}: no font can draw {character!r} (U+{ord(character[0]):04X}): "
                    "take it out of the charset, or add a font that has it (data.fonts)"
                )

    def _write(
        self, rng: np.random.Generator, words: list[str], path: Path, x_height: float, preset: Preset
    ) -> tuple[np.ndarray, Hand, Strip]:
        """The line's coverage on its canvas, uint8 (H, W); words that do not fit the widest canvas are dropped in place."""
        ranges = preset.writing
        spacing, letters = draw(rng, ranges.word_spacing), draw(rng, ranges.letter_spacing)
        state = rng.bit_generator.state
        while True:
            strip = set_line(path, words, x_height, word_spacing=spacing, letter_spacing=letters)
            rng.bit_generator.state = state
            hand = Hand.draw(rng, strip, x_height, ranges)
            before, after = draw(rng, ranges.margin) * x_height, draw(rng, ranges.margin) * x_height
            left, top, right, bottom = _extent(hand, strip)
            room = self.cfg.height_px - 2.0
            if bottom - top > room:
                hand = hand.resized(room / (bottom - top))
                left, top, right, bottom = _extent(hand, strip)
            width = max(8, int(np.ceil(right - left + before + after)))
            if width <= self.cfg.widest_px or len(words) == 1:
                break
            words.pop()
        width = min(width, self.cfg.widest_px)
        slack = max(0.0, room - (bottom - top))
        hand = replace(hand, origin=before - left, baseline=1.0 - top + slack * float(np.clip(rng.normal(0.5, 0.2), 0, 1)))
        map_x, map_y = hand.maps((self.cfg.height_px, width), strip.baseline)
        coverage = cv2.remap(strip.coverage, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        return press(rng, coverage, hand.scale * strip.x_height, preset.pen), hand, strip

    def _picture(
        self,
        rng: np.random.Generator,
        coverage: np.ndarray,
        hand: Hand,
        strip: Strip,
        words: list[str],
        preset: Preset,
        tags: dict[str, str],
    ) -> Sample:
        """Puts the writing on paper, soils it, and scans it."""
        height, width = coverage.shape
        x_height = hand.scale * strip.x_height
        boxes = _word_boxes(hand, strip)
        absorbed = absorb(rng, coverage, preset.pen)
        page = Page(
            height=height,
            width=width,
            x_height=x_height,
            words=boxes,
            baselines=[hand.baseline],
            coverage=coverage,
            contrast=float(absorbed.max()),
            other_text=lambda rng: cut_text(rng, coverage, boxes, x_height),
            is_crop=True,
        )
        canvas = soil(rng, page, preset.artifacts, channels=1)
        paper = make_paper(rng, (height, width), preset.paper)
        if rng.random() < preset.shadow_probability:
            paper *= cast_shadow(rng, (height, width), draw(rng, preset.shadow_depth))
        scanner = Scanner.draw(rng, (height, width), preset.paper)
        light = scanner.soften(((1.0 - absorbed) * paper)[..., None])
        clean = scanner.scan(light)[..., 0]
        image = scanner.scan(light * scanner.soften(canvas.light))[..., 0] if canvas.kinds else clean
        text = np.where(coverage >= MASK_COVERAGE * 255, np.uint8(Ink.TEXT), np.uint8(0))
        return Sample(
            image=image,
            text=" ".join(words),
            group=tags["font"],
            ink=text | canvas.ink,
            clean=clean,
            words=boxes,
            glyphs=_glyph_boxes(hand, strip),
            tags={**tags, "layout": "line", "kinds": "+".join(canvas.kinds) or "none"},
        )


def _extent(hand: Hand, strip: Strip) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the line's ink in image pixels."""
    if not len(strip.boxes):
        return 0.0, 0.0, 1.0, 1.0
    boxes = hand.boxes(strip.boxes)
    return float(boxes[:, 0].min()), float(boxes[:, 1].min()), float(boxes[:, 2].max()), float(boxes[:, 3].max())


def _word_boxes(hand: Hand, strip: Strip) -> list[WordBox]:
    """Where the words stand, from left to right."""
    left, baseline = hand.forward(strip.word_edges[:, 0], np.zeros(len(strip.word_edges)))
    right, _ = hand.forward(strip.word_edges[:, 1], np.zeros(len(strip.word_edges)))
    x_height = hand.scale * strip.x_height
    return [WordBox(float(a), float(b), float(y), x_height) for a, b, y in zip(left, right, baseline, strict=True)]


def _glyph_boxes(hand: Hand, strip: Strip) -> list[GlyphBox]:
    """Where the glyphs' ink lies, from left to right; blank glyphs are left out."""
    boxes = hand.boxes(strip.boxes).tolist() if len(strip.boxes) else []
    inked = strip.boxes[:, 2] > strip.boxes[:, 0]
    return [GlyphBox(text, *box) for text, box, ink in zip(strip.texts, boxes, inked, strict=True) if ink]
