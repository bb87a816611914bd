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
from data_generators.synthesis.fonts import FontFamily, all_families, can_draw_all, find_families, listed_families
from data_generators.synthesis.outline import OutlineRanges, outline_of
from data_generators.synthesis.paper import PaperRanges, Scanner, cast_shadow, make_paper
from data_generators.synthesis.pen import PenRanges, absorb, press
from data_generators.synthesis.ranges import draw, split_of
from data_generators.synthesis.soiling import Page
from data_generators.synthesis.strokes import MASK_COVERAGE, ink_tint
from data_generators.synthesis.text import LineText, common_words
from data_generators.synthesis.writing import Hand, Strip, WritingRanges, set_line
from preprocessing.charset import Charset
from preprocessing.hangul import SYLLABLES, has_jamo
from utils.values import plain

FONT_ATTEMPTS = 12
TEXT_ATTEMPTS = 30
EDGE_PX = 2.0  # between the ink and the image's edge, for strokes that the pen makes thicker
WIDTH_PER_CHARACTER = 0.95  # x-heights, on average over the fonts


@dataclass(frozen=True)
class Preset:
    """The ranges of one kind of picture."""

    writing: WritingRanges
    pen: PenRanges
    paper: PaperRanges
    artifacts: Mapping[str, Any]
    yellowing: tuple[float, float]
    outline: OutlineRanges
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
            values["yellowing"],
            OutlineRanges(**values["outline"]),
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

    endless = True

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        settings = plain(cfg)  # an OmegaConf node costs microseconds at every look
        self.height_px, self.widest_px, self.colour = settings["height_px"], settings["widest_px"], settings["colour"]
        self.print_probability = settings["print_probability"]
        folder = Path(cfg.fonts) if cfg.fonts else None
        families = listed_families(settings["families"], folder, split) if settings["families"] else find_families(folder, split)
        self.families = {hand: [family for family in families if family.hand == hand] for hand in ("handwriting", "print")}
        self.characters = self._find_characters()
        self.texts = LineText(settings["text"], settings["languages"], self.characters)
        self._check_languages()
        chosen = {settings["preset"]: 1.0} if settings["preset"] else settings["weights"]
        chosen = {name: weight for name, weight in chosen.items() if weight > 0}
        self.presets = {name: Preset.of(settings["presets"][name]) for name in chosen}
        weights = np.array([chosen[name] for name in self.presets], float)
        self.limits = np.cumsum(weights / weights.sum())

    def __len__(self) -> int:
        return self.cfg.length

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        words, name, x_height = self._choose(rng)
        words, family, path = self._find_font(rng, words)
        preset = self.presets[name]
        tags = {"hand": family.hand, "font": family.name, "preset": name}
        return self._picture(rng, self._write(rng, words, path, x_height, preset), preset, tags)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        """An estimate from the text alone; the same rng state gives the text of `sample`."""
        words, _, x_height = self._choose(rng)
        width = (len(" ".join(words)) + 1) * WIDTH_PER_CHARACTER * x_height
        return self.height_px, int(min(width, self.widest_px))

    def fingerprint(self) -> str:
        names = [family.name for members in self.families.values() for family in members]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]
        return f"synthetic: {len(names)} font families ({digest}), {', '.join(self.presets)}"

    def _choose(self, rng: np.random.Generator) -> tuple[list[str], str, float]:
        """What is written, on which kind of page, and the x-height in pixels."""
        words = self.texts.sample(rng)
        name = list(self.presets)[min(int(np.searchsorted(self.limits, rng.random())), len(self.limits) - 1)]
        return words, name, draw(rng, self.presets[name].writing.x_height) * self.height_px

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
            words = self.texts.sample(rng)
        raise UserError(
            f"no font can draw texts such as {' '.join(words)!r}: add fonts (data.fonts), or set data.charset or data.languages"
        )

    def _draw_family(self, rng: np.random.Generator) -> FontFamily:
        printed = self.families["print"] and (not self.families["handwriting"] or rng.random() < self.print_probability)
        members = self.families["print" if printed else "handwriting"]
        return members[int(rng.integers(len(members)))]

    def _all_files(self) -> list[tuple[FontFamily, Path]]:
        return [(family, path) for members in self.families.values() for family in members for path in family.files]

    def _find_characters(self) -> frozenset[str] | None:
        """What may be written; None for everything. A file must not ask for what no font has; ``characters`` may."""
        if self.cfg.get("characters"):
            return frozenset(filter(self._can_draw, self.cfg.characters))
        if self.cfg.charset is None:
            return None
        charset = Charset.read(Path(self.cfg.charset))
        if charset.in_jamo:
            return frozenset(filter(self._can_draw, (*SYLLABLES, *(text for text in charset.characters if not has_jamo(text)))))
        characters = charset.characters
        for character in characters:
            if not self._can_draw(character):
                raise UserError(
                    f"{self.cfg.charset}: no font can draw {character!r} (U+{ord(character[0]):04X}): "
                    "take it out of the charset, or add a font that has it (data.fonts)"
                )
        return frozenset(characters)

    def _can_draw(self, character: str) -> bool:
        return any(can_draw_all(path, frozenset(character)) for _, path in self._all_files())

    def _check_languages(self) -> None:
        """Every language needs a font in this split: the families are split by their names, whatever they can draw."""
        for language in self.cfg.languages:
            characters = frozenset("".join(common_words(language)))
            if self.characters:
                characters &= self.characters
            if not any(can_draw_all(path, characters) for _, path in self._all_files()):
                folder = Path(self.cfg.fonts) if self.cfg.fonts else None
                able = [f for f in all_families(folder) if any(can_draw_all(path, characters) for path in f.files)]
                having = ", ".join(f"{family.name} ({split_of(family.name)})" for family in able) or "none at all"
                raise UserError(
                    f"data.languages: no font of the {self.split} split can write {language!r}; fonts that can: {having}. "
                    "Add families with data.fonts, or leave the split out with splits="
                )

    def _write(self, rng: np.random.Generator, words: list[str], path: Path, x_height: float, preset: Preset) -> "Written":
        """The line on its canvas; words that do not fit the widest canvas are dropped in place."""
        ranges = preset.writing
        spacing, letters = draw(rng, ranges.word_spacing), draw(rng, ranges.letter_spacing)
        before, after = draw(rng, ranges.margin) * x_height, draw(rng, ranges.margin) * x_height
        room = self.height_px - 2.0 * EDGE_PX
        state = rng.bit_generator.state
        while True:
            rng.bit_generator.state = state  # fewer words, but the same hand
            strip = set_line(path, words, x_height, word_spacing=spacing, letter_spacing=letters)
            hand = Hand.draw(rng, strip, x_height, ranges)
            left, top, right, bottom = _extent(hand, strip)
            if bottom - top > room:
                hand = hand.resized(room / (bottom - top))
                left, top, right, bottom = _extent(hand, strip)
            width = max(8, int(np.ceil(right - left + before + after + 2 * EDGE_PX)))
            if width <= self.widest_px:
                break
            if len(words) > 1:
                words.pop()
                continue
            hand = hand.resized((self.widest_px - before - after - 2 * EDGE_PX) / (right - left))  # one long word
            left, top, right, bottom = _extent(hand, strip)
            width = self.widest_px
            break
        spare = (room - (bottom - top)) * float(np.clip(rng.normal(0.5, 0.2), 0, 1))
        hand = replace(hand, origin=EDGE_PX + before - left, baseline=EDGE_PX - top + spare)
        maps = hand.maps((self.height_px, width), strip.baseline)
        coverage = cv2.remap(strip.coverage, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        coverage, grown = press(rng, coverage, hand.scale * strip.x_height, preset.pen)
        return Written(coverage, words, hand, strip, grown)

    def _picture(self, rng: np.random.Generator, line: "Written", preset: Preset, tags: dict[str, str]) -> Sample:
        """Puts the writing on paper, soils it, and scans it."""
        coverage = line.coverage
        boxes = line.word_boxes()
        absorbed = absorb(rng, coverage, preset.pen)
        canvas = soil(rng, _page(line, boxes, float(absorbed.max())), preset.artifacts, channels=3 if self.colour else 1)
        paper = make_paper(rng, coverage.shape, preset.paper)
        if rng.random() < preset.shadow_probability:
            paper *= cast_shadow(rng, coverage.shape, draw(rng, preset.shadow_depth))
        scanner = Scanner.draw(rng, coverage.shape, preset.paper)
        light = (1.0 - absorbed) * paper
        light = scanner.soften(_coloured(rng, absorbed, paper, preset) if self.colour else light[..., None])
        clean = scanner.scan(light).squeeze()
        image = scanner.scan(light * scanner.soften(canvas.light)).squeeze() if canvas.kinds else clean
        text = coverage >= MASK_COVERAGE * 255
        ink = np.where(text, np.uint8(Ink.TEXT), np.uint8(0)) | canvas.ink
        if rng.random() < preset.outline.probability and text.any():
            outside = ~outline_of(rng, text, line.x_height, preset.outline)
            tone = np.median(clean, axis=(0, 1)).astype(np.uint8)
            image, clean = image.copy(), clean.copy()
            image[outside] = clean[outside] = tone
            ink[outside] = 0
        return Sample(
            image=image,
            text=" ".join(line.words),
            group=tags["font"],
            ink=ink,
            clean=clean,
            words=boxes,
            glyphs=line.glyph_boxes(),
            tags={**tags, "layout": "line", "kinds": "+".join(canvas.kinds) or "none"},
        )


@dataclass(frozen=True)
class Written:
    """A line on its canvas, before it has a tone.

    Attributes:
        coverage: uint8 (H, W).
        words: in reading order.
        hand: the warp from strip to canvas.
        strip: the line as the font has it.
        grown: pixels that strokes are wider than the font's at each edge.
    """

    coverage: np.ndarray
    words: list[str]
    hand: Hand
    strip: Strip
    grown: float

    @property
    def x_height(self) -> float:
        """Pixels."""
        return self.hand.scale * self.strip.x_height

    def word_boxes(self) -> list[WordBox]:
        """Where the words stand, from left to right."""
        edges = self.strip.word_edges
        left, baseline = self.hand.forward(edges[:, 0], np.zeros(len(edges)))
        right, _ = self.hand.forward(edges[:, 1], np.zeros(len(edges)))
        return [WordBox(float(a), float(b), float(y), self.x_height) for a, b, y in zip(left, right, baseline, strict=True)]

    def glyph_boxes(self) -> list[GlyphBox]:
        """Where the glyphs' ink lies, from left to right; blank glyphs are left out."""
        if not len(self.strip.boxes):
            return []
        boxes = self.hand.boxes(self.strip.boxes) + np.array([-1.0, -1.0, 1.0, 1.0]) * self.grown
        inked = self.strip.boxes[:, 2] > self.strip.boxes[:, 0]
        return [GlyphBox(text, *box) for text, box, ink in zip(self.strip.texts, boxes.tolist(), inked, strict=True) if ink]


def _coloured(rng: np.random.Generator, absorbed: np.ndarray, paper: np.ndarray, preset: Preset) -> np.ndarray:
    """Coloured ink on yellowed paper, float32 (H, W, 3) in grey levels of red, green and blue."""
    tint = ink_tint(draw(rng, preset.pen.hue_degrees), draw(rng, preset.pen.saturation)).astype(np.float32)
    yellowing = draw(rng, preset.yellowing)
    kept = np.array([1.0, 1.0 - 0.35 * yellowing, 1.0 - yellowing], np.float32)
    return (1.0 - absorbed[..., None] * tint) * paper[..., None] * kept


def _page(line: Written, boxes: list[WordBox], contrast: float) -> Page:
    """What artifacts need to know of the line."""
    height, width = line.coverage.shape
    return Page(
        height=height,
        width=width,
        x_height=line.x_height,
        words=boxes,
        baselines=[line.hand.baseline],
        coverage=line.coverage,
        contrast=contrast,
        other_text=lambda rng: cut_text(rng, line.coverage, boxes, line.x_height),
        is_crop=True,
    )


def _extent(hand: Hand, strip: Strip) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the line's ink in image pixels."""
    if not len(strip.boxes):
        return 0.0, 0.0, 1.0, 1.0
    boxes = hand.boxes(strip.boxes)
    return float(boxes[:, 0].min()), float(boxes[:, 1].min()), float(boxes[:, 2].max()), float(boxes[:, 3].max())
