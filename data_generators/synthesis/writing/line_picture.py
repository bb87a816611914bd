"""A line of writing as a picture: set as it stands in a hand, warped, inked, laid on paper, soiled and scanned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from base.types import GlyphBox, Ink, Origin, Sample, WordBox
from data_generators.synthesis.artifacts.kinds import soil
from data_generators.synthesis.artifacts.soiling import SoilablePage
from data_generators.synthesis.canvas import cut_text
from data_generators.synthesis.paper import PaperRanges, Scanner, cast_shadow, make_paper
from data_generators.synthesis.pen import PenRanges, absorb, press
from data_generators.synthesis.ranges import draw
from data_generators.synthesis.strokes import MASK_COVERAGE, ink_tint
from data_generators.synthesis.writing.hand import Hand, Strip, WritingRanges
from data_generators.synthesis.writing.outline import OutlineRanges, outline_of

EDGE_PX = 2.0  # between the ink and the image's edge, for strokes that the pen makes thicker
SetWords = Callable[[int, float, float], Strip]  # so many of a line's words, word spacing, letter spacing: how they stand


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


class Presets:
    """Kinds of pictures, drawn by weight.

    Args:
        values: by name, as ``configs/data/preset/*.yaml`` states them.
        chosen: the only one to draw, or None.
        weights: of all.
    """

    def __init__(self, values: Mapping[str, Any], chosen: str | None, weights: Mapping[str, float]) -> None:
        used = {chosen: 1.0} if chosen else {name: weight for name, weight in weights.items() if weight > 0}
        self.presets = {name: Preset.of(values[name]) for name in used}
        shares = np.array([used[name] for name in self.presets], float)
        self.limits = np.cumsum(shares / shares.sum())

    def __str__(self) -> str:
        return ", ".join(self.presets)

    def draw(self, rng: np.random.Generator) -> tuple[str, Preset]:
        """The name of a kind, and the kind."""
        name = list(self.presets)[min(int(np.searchsorted(self.limits, rng.random())), len(self.limits) - 1)]
        return name, self.presets[name]


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


def write_line(
    rng: np.random.Generator, words: list[str], set_words: SetWords, x_height: float, preset: Preset, canvas_HW: tuple[int, int]
) -> Written:
    """The line on its canvas; words that do not fit the widest canvas are left out at its end.

    Args:
        rng: decides the hand.
        words: in reading order.
        set_words: sets the first of them.
        x_height: pixels.
        preset: how the hand and the pen vary.
        canvas_HW: its height, and its width at most.
    """
    ranges = preset.writing
    height, widest = canvas_HW
    spacing, letters = draw(rng, ranges.word_spacing), draw(rng, ranges.letter_spacing)
    before, after = draw(rng, ranges.margin) * x_height, draw(rng, ranges.margin) * x_height
    room = height - 2.0 * EDGE_PX
    state = rng.bit_generator.state
    count = len(words)
    while True:
        rng.bit_generator.state = state  # fewer words, but the same hand
        strip = set_words(count, spacing, letters)
        hand = Hand.draw(rng, strip, x_height, ranges)
        left, top, right, bottom = _extent(hand, strip)
        if bottom - top > room:
            hand = hand.resized(room / (bottom - top))
            left, top, right, bottom = _extent(hand, strip)
        width = max(8, int(np.ceil(right - left + before + after + 2 * EDGE_PX)))
        if width <= widest:
            break
        if count > 1:
            count -= 1
            continue
        hand = hand.resized((widest - before - after - 2 * EDGE_PX) / (right - left))  # one long word
        left, top, right, bottom = _extent(hand, strip)
        width = widest
        break
    spare = (room - (bottom - top)) * float(np.clip(rng.normal(0.5, 0.2), 0, 1))
    hand = replace(hand, origin=EDGE_PX + before - left, baseline=EDGE_PX - top + spare)
    maps = hand.maps((height, width), strip.baseline)
    coverage = cv2.remap(strip.coverage, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    coverage, grown = press(rng, coverage, hand.scale * strip.x_height, preset.pen)
    return Written(coverage, words[:count], hand, strip, grown)


def picture_line(rng: np.random.Generator, line: Written, preset: Preset, colour: bool, tags: dict[str, str]) -> Sample:
    """Puts the writing on paper, soils it, and scans it.

    Args:
        rng: decides ink, paper, artifacts and scan.
        line: the writing.
        preset: how they vary.
        colour: whether the ink has a colour, and the paper too.
        tags: facts about the writing.

    Returns:
        A sample with exact masks; whoever knows the writer gives it its group.
    """
    coverage = line.coverage
    boxes = line.word_boxes()
    absorbed = absorb(rng, coverage, preset.pen)
    canvas = soil(rng, _page(line, boxes, float(absorbed.max())), preset.artifacts, channels=3 if colour else 1)
    paper = make_paper(rng, coverage.shape, preset.paper)
    if rng.random() < preset.shadow_probability:
        paper *= cast_shadow(rng, coverage.shape, draw(rng, preset.shadow_depth))
    scanner = Scanner.draw(rng, coverage.shape, preset.paper)
    light = (1.0 - absorbed) * paper
    light = scanner.soften(_coloured(rng, absorbed, paper, preset) if colour else light[..., None])
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
        origin=Origin.SYNTHETIC,
        ink=ink,
        clean=clean,
        words=boxes,
        glyphs=line.glyph_boxes(),
        tags={**tags, "layout": "line", "kinds": "+".join(canvas.kinds) or "none"},
    )


def _coloured(rng: np.random.Generator, absorbed: np.ndarray, paper: np.ndarray, preset: Preset) -> np.ndarray:
    """Coloured ink on yellowed paper, float32 (H, W, 3) in grey levels of red, green and blue."""
    tint = ink_tint(draw(rng, preset.pen.hue_degrees), draw(rng, preset.pen.saturation)).astype(np.float32)
    yellowing = draw(rng, preset.yellowing)
    kept = np.array([1.0, 1.0 - 0.35 * yellowing, 1.0 - yellowing], np.float32)
    return (1.0 - absorbed[..., None] * tint) * paper[..., None] * kept


def _page(line: Written, boxes: list[WordBox], contrast: float) -> SoilablePage:
    """What artifacts need to know of the line."""
    height, width = line.coverage.shape
    return SoilablePage(
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
