"""What soils a page: every kind of artifact, drawn with exact coverage from the ranges of ``configs/data/artifacts``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np

from base.errors import UserError
from base.registry import unknown_name
from base.types import Ink, WordBox
from data_generators.synthesis.paper import grain
from data_generators.synthesis.patches import PatchLibrary
from data_generators.synthesis.ranges import choose, draw
from data_generators.synthesis.strokes import (
    SoilCanvas,
    Stroke,
    StrokeRanges,
    dashes,
    draw_dimming,
    draw_stroke,
    lay_stroke,
)

PALER_THAN_TEXT = 0.6  # the other side's writing never shows stronger than this part of our side's


@dataclass(frozen=True)
class Page:
    """What artifacts need to know of the text that they soil.

    Attributes:
        height: pixels.
        width: pixels.
        x_height: pixels.
        words: where words stand; may be empty.
        baselines: rows of the text's baselines, top to bottom; at least one.
        coverage: uint8 (H, W), the text's own coverage.
        contrast: the part of the paper's light that the text takes away, 0..1.
        other_text: returns uint8 (h, w) coverage of some other text of about the same size, cropped to its ink.
        is_crop: whether the image is a word or a line, so that text of its neighbours is foreign to it.
        patches: real artifacts, or None.
    """

    height: int
    width: int
    x_height: float
    words: list[WordBox]
    baselines: list[float]
    coverage: np.ndarray
    contrast: float
    other_text: Callable[[np.random.Generator], np.ndarray]
    is_crop: bool
    patches: PatchLibrary | None = None


class Soiling:
    """One kind of artifact being drawn on one page: the dice, the canvas and the ranges together."""

    def __init__(
        self,
        rng: np.random.Generator,
        page: Page,
        canvas: SoilCanvas,
        family: Ink,
        stroke_ranges: StrokeRanges,
        own: Mapping[str, Any],
    ) -> None:
        self.rng, self.page, self.canvas, self.family, self.ranges, self.own = rng, page, canvas, family, stroke_ranges, own
        self.dimming = draw_dimming(rng, stroke_ranges, canvas.light.shape[2])
        self.thickness = min(draw(rng, stroke_ranges.thickness_px), 0.8 + 0.3 * page.x_height)
        self.tilt = draw(rng, stroke_ranges.tilt_degrees)

    def take(self, name: str) -> float:
        """A draw from one of the kind's own ranges."""
        return draw(self.rng, self.own[name])

    def across(
        self,
        row: float,
        left: float = 0.0,
        right: float | None = None,
        *,
        thickness: float | None = None,
        pattern: np.ndarray | None = None,
    ) -> None:
        """A stroke from left to right that passes ``row`` in its middle."""
        length = (self.page.width if right is None else right) - left
        rise = np.tan(np.radians(self.tilt)) * length / 2
        stroke = self._stroke(length, self.tilt, thickness, pattern)
        lay_stroke(self.canvas, stroke, self.dimming, self.family, start_y=row - rise, start_x=left)

    def down(self, column: float, top: float = 0.0, bottom: float | None = None, *, thickness: float | None = None) -> None:
        """A stroke downwards that passes ``column`` in its middle."""
        length = (self.page.height if bottom is None else bottom) - top
        rise = np.tan(np.radians(-self.tilt)) * length / 2
        stroke = self._stroke(length, -self.tilt, thickness, None)
        lay_stroke(self.canvas, stroke, self.dimming, self.family, start_y=top, start_x=column - rise, upright=True)

    def _stroke(self, length: float, tilt: float, thickness: float | None, pattern: np.ndarray | None) -> Stroke:
        width = thickness or self.thickness
        return draw_stroke(self.rng, length, self.ranges, thickness_px=width, tilt_degrees=tilt, pattern=pattern)

    def rule_rows(self) -> list[float]:
        """Rows of a ruled sheet: on the writing's baselines as often as not, otherwise anywhere, evenly spaced."""
        offset = self.rng.uniform(-0.1, 0.35) * self.page.x_height
        if len(self.page.baselines) > 1 and self.rng.random() < 0.6:
            return [baseline + offset for baseline in self.page.baselines]
        pitch = self.rng.uniform(1.5, 4.0) * self.page.x_height
        on_line = float(self.rng.choice(self.page.baselines)) + offset
        start = on_line % pitch if self.rng.random() < 0.6 else self.rng.uniform(0, pitch)
        return list(np.arange(start, self.page.height, pitch))


def single_rule(soiling: Soiling) -> None:
    """One ruled line, or a whole ruled sheet of them."""
    rows = soiling.rule_rows()
    if soiling.rng.random() < soiling.own["sheet_probability"]:
        for row in rows:
            soiling.across(row)
    else:
        left, right = _span(soiling, 0.3)
        soiling.across(float(soiling.rng.choice(rows)) if rows else soiling.page.height / 2, left, right)


def double_rule(soiling: Soiling) -> None:
    """Two rules close together."""
    row = float(soiling.rng.uniform(0.1, 0.95)) * soiling.page.height
    gap = soiling.take("gap_px") + soiling.thickness
    left, right = _span(soiling, 0.4)
    soiling.across(row, left, right)
    soiling.across(row + gap, left, right, thickness=soiling.thickness * soiling.rng.uniform(0.5, 1.5))


def dotted_leader(soiling: Soiling) -> None:
    """A row of dots to write on, as forms have."""
    left, right = _span(soiling, 0.3)
    dot = max(1.0, soiling.thickness)
    pattern = dashes(right - left, dot, max(1.5, soiling.take("gap_px")))
    soiling.across(_near_baseline(soiling), left, right, thickness=dot, pattern=pattern)


def dashed_leader(soiling: Soiling) -> None:
    """A row of dashes to write on."""
    left, right = _span(soiling, 0.3)
    pattern = dashes(right - left, soiling.take("dash_px"), soiling.take("gap_px"))
    soiling.across(_near_baseline(soiling), left, right, pattern=pattern)


def horizontal(soiling: Soiling) -> None:
    """One rule from edge to edge at a stated height, as in DeepErase's recipes; ``row`` is a fraction of the height."""
    soiling.across(soiling.take("row") * soiling.page.height)


def form_line(soiling: Soiling) -> None:
    """The line of a form below the text, seldom above it (DeepErase: 0.85 of the height, in 5% of cases 0.15)."""
    low, high = soiling.own["row"]
    row = draw(soiling.rng, (1.0 - high, 1.0 - low) if soiling.rng.random() < 0.05 else (low, high))
    soiling.across(row * soiling.page.height)


def margin(soiling: Soiling) -> None:
    """One or two upright rules, at the left or the right."""
    column = soiling.take("column") * soiling.page.width
    if soiling.rng.random() < 0.5:
        column = soiling.page.width - column
    soiling.down(column)
    if soiling.rng.random() < soiling.own["double_probability"]:
        soiling.down(column + soiling.take("gap_px") + soiling.thickness)


def box(soiling: Soiling) -> None:
    """A frame around the text."""
    _frame(soiling)


def comb(soiling: Soiling) -> None:
    """A frame with a tooth for each letter, as on forms."""
    left, top, right, bottom = _frame(soiling)
    pitch = max(6.0, soiling.take("pitch") * soiling.page.x_height)
    upper = top if soiling.rng.random() < 0.5 else bottom - soiling.rng.uniform(0.25, 0.6) * (bottom - top)
    for column in np.arange(left + pitch, right - 2, pitch):
        soiling.down(column, upper, bottom)


def grid(soiling: Soiling) -> None:
    """A table: a few rows and columns of different sizes."""
    height, width = soiling.page.height, soiling.page.width
    for row in soiling.rng.uniform(0, height, max(1, int(soiling.take("rows") * height / 100))):
        soiling.across(float(row))
    for column in soiling.rng.uniform(0, width, max(1, int(soiling.take("columns") * width / 300))):
        soiling.down(float(column))


def squared_paper(soiling: Soiling) -> None:
    """Squares all over; every few lines may be stronger."""
    pitch = max(7.0, soiling.take("pitch") * soiling.page.x_height)
    thin = min(soiling.thickness, 0.2 * pitch)
    start_y, start_x = soiling.rng.uniform(0, pitch, 2)
    for row in np.arange(start_y, soiling.page.height, pitch):
        soiling.across(row, thickness=thin)
    for column in np.arange(start_x, soiling.page.width, pitch):
        soiling.down(column, thickness=thin)


def underline(soiling: Soiling) -> None:
    """A stroke of the pen under one or several words."""
    word, last = _some_words(soiling)
    depth = soiling.rng.uniform(0.15, 0.6) * word.x_height
    soiling.across(word.baseline + depth, word.left - 2, last.right + 2)


def strike_through(soiling: Soiling) -> None:
    """One or two strokes of the pen through words."""
    word, last = _some_words(soiling)
    for _ in range(1 + int(soiling.rng.random() < 0.3)):
        row = word.baseline - soiling.rng.uniform(0.25, 0.75) * word.x_height
        soiling.across(row, word.left - 2, last.right + 2)


def smudge(soiling: Soiling) -> None:
    """A soft blot or a wiped patch of ink."""
    height, width = (max(6, int(soiling.take(side) * soiling.page.x_height)) for side in ("height", "width"))
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    lumps = cv2.resize(soiling.rng.random((4, 6), dtype=np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    edge = 1.0 - np.sqrt(x * x + y * y) - 0.5 * lumps
    coverage = np.clip(edge * soiling.take("hardness"), 0.0, 1.0)
    top = soiling.rng.uniform(-height / 2, soiling.page.height - height / 2)
    left = soiling.rng.uniform(-width / 2, soiling.page.width - width / 2)
    soiling.canvas.lay(coverage, top, left, soiling.dimming, soiling.family)


def speckle(soiling: Soiling) -> None:
    """Dirt: dots strewn over the page, ``keep_away`` x-heights from the writing, where they would be full stops."""
    page, rng = soiling.page, soiling.rng
    reach = int(soiling.own["keep_away"] * page.x_height)
    taken = (
        cv2.dilate(page.coverage, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) if reach else np.zeros_like(page.coverage)
    )
    count = rng.poisson(soiling.take("dots_per_10000px") * page.height * page.width / 1e4)
    for _ in range(min(count, 400)):
        radius, row, column = soiling.take("radius_px"), rng.uniform(0, page.height), rng.uniform(0, page.width)
        if taken[int(row), int(column)]:
            continue
        size = int(np.ceil(radius)) + 1
        y, x = np.mgrid[-size : size + 1, -size : size + 1] + rng.uniform(-0.5, 0.5, (2, 1, 1))
        stretch = rng.uniform(0.6, 1.6)
        coverage = np.clip(radius + 0.5 - np.sqrt(x * x * stretch + y * y / stretch), 0, 1).astype(np.float32)
        soiling.canvas.lay(coverage, row - size, column - size, soiling.dimming, soiling.family)


def stamp(soiling: Soiling) -> None:
    """The edge of a rubber stamp: a ring or a frame, unevenly inked, partly off the page."""
    page, rng = soiling.page, soiling.rng
    size = int(soiling.take("size") * page.x_height)
    height, width = int(size * rng.uniform(0.5, 1.0)), size
    layer = np.zeros((height + 20, width + 20), np.uint8)
    thickness = max(1, round(soiling.thickness))
    centre = ((width + 20) // 2, (height + 20) // 2)
    if rng.random() < 0.7:
        cv2.ellipse(layer, centre, (width // 2, height // 2), 0, 0, 360, 255, thickness, cv2.LINE_AA)
        if rng.random() < 0.5 and height > 40:
            cv2.ellipse(layer, centre, (width // 2 - 8, height // 2 - 8), 0, 0, 360, 255, max(1, thickness // 2), cv2.LINE_AA)
    else:
        cv2.rectangle(layer, (10, 10), (width + 9, height + 9), 255, thickness, cv2.LINE_AA)
    inked = np.clip(0.75 + 0.35 * cv2.GaussianBlur(grain(rng, *layer.shape), (0, 0), 2) * 3, 0.3, 1)
    soiling.canvas.lay(
        layer.astype(np.float32) / 255,
        rng.uniform(-height * 0.8, page.height - height * 0.2),
        rng.uniform(-width * 0.8, page.width - width * 0.2),
        soiling.dimming,
        soiling.family,
        inked,
    )


def bleed_through(soiling: Soiling) -> None:
    """The writing of the other side, mirrored, soft and pale."""
    mirrored = soiling.page.coverage[:, ::-1]
    height, width = mirrored.shape
    mirrored = np.roll(mirrored, (int(soiling.rng.integers(height)), int(soiling.rng.integers(width))), (0, 1))
    soft = cv2.GaussianBlur(mirrored, (0, 0), soiling.take("blur_px"))
    patchy = cv2.resize(soiling.rng.random((3, 6), dtype=np.float32) * 0.5 + 0.5, (width, height))
    dimming = np.minimum(soiling.dimming, PALER_THAN_TEXT * soiling.page.contrast)
    soiling.canvas.lay(soft.astype(np.float32) / 255, 0, 0, dimming, soiling.family, patchy)


def spurious_word(soiling: Soiling) -> None:
    """A word of a neighbouring line that reaches into the crop from above or below (DeepErase)."""
    page, rng = soiling.page, soiling.rng
    word = soiling.page.other_text(rng)
    inside = soiling.take("inside") * page.height
    top = inside - word.shape[0] if rng.random() < 0.5 else page.height - inside
    left = rng.uniform(-0.2 * word.shape[1], max(1.0, page.width - 0.8 * word.shape[1]))
    soiling.canvas.lay(word.astype(np.float32) / 255, top, left, soiling.dimming, soiling.family)


def neighbour_lines(soiling: Soiling) -> None:
    """Descenders of the line above and ascenders of the line below, all along the crop."""
    page, rng = soiling.page, soiling.rng
    for above in (True, False):
        if rng.random() < 0.3:
            continue
        inside = soiling.take("inside") * page.height
        left = -rng.uniform(0, 2) * page.x_height
        while left < page.width:
            word = page.other_text(rng)
            top = inside - word.shape[0] if above else page.height - inside
            soiling.canvas.lay(word.astype(np.float32) / 255, top, left, soiling.dimming, soiling.family)
            left += word.shape[1] + rng.uniform(0.5, 2.0) * page.x_height


def _near_baseline(soiling: Soiling) -> float:
    return float(soiling.rng.choice(soiling.page.baselines)) + soiling.rng.uniform(-0.05, 0.5) * soiling.page.x_height


def _span(soiling: Soiling, partial: float) -> tuple[float, float]:
    """From edge to edge, or, with the given probability, a part of the width."""
    width = soiling.page.width
    if soiling.rng.random() >= partial:
        return 0.0, float(width)
    left = soiling.rng.uniform(0, 0.5) * width
    return left, left + soiling.rng.uniform(0.3, 0.9) * (width - left)


def _frame(soiling: Soiling) -> tuple[float, float, float, float]:
    height, width = soiling.page.height, soiling.page.width
    inset = soiling.own["inset"]
    left, right = draw(soiling.rng, inset) * width, width - draw(soiling.rng, inset) * width
    top, bottom = draw(soiling.rng, inset) * height, height - draw(soiling.rng, inset) * height
    soiling.across(top, left, right)
    soiling.across(bottom, left, right)
    soiling.down(left, top, bottom)
    soiling.down(right, top, bottom)
    return left, top, right, bottom


def _some_words(soiling: Soiling) -> tuple[WordBox, WordBox]:
    page, rng = soiling.page, soiling.rng
    if not page.words:
        left = rng.uniform(0, 0.6) * page.width
        right = left + rng.uniform(0.15, 0.4) * page.width
        guess = WordBox(left, right, float(rng.choice(page.baselines)), page.x_height)
        return guess, guess
    first = int(rng.integers(len(page.words)))
    last = first
    while last + 1 < len(page.words) and page.words[last + 1].left > page.words[last].left and rng.random() < 0.6:
        last += 1
    return page.words[first], page.words[last]


Drawer = Callable[[Soiling], None]
KINDS: dict[str, tuple[Ink, Drawer]] = {
    **{
        draw_kind.__name__: (Ink.RULES, draw_kind)
        for draw_kind in (
            single_rule,
            double_rule,
            dotted_leader,
            dashed_leader,
            horizontal,
            form_line,
            margin,
            box,
            comb,
            grid,
            squared_paper,
        )
    },
    **{draw_kind.__name__: (Ink.MARKS, draw_kind) for draw_kind in (underline, strike_through)},
    **{draw_kind.__name__: (Ink.STAINS, draw_kind) for draw_kind in (smudge, speckle, stamp, bleed_through)},
    **{draw_kind.__name__: (Ink.FOREIGN, draw_kind) for draw_kind in (spurious_word, neighbour_lines)},
}


def soil(rng: np.random.Generator, page: Page, cfg: Any, *, channels: int) -> SoilCanvas:
    """Draws artifacts for a page.

    Args:
        rng: decides everything.
        page: the text that is there.
        cfg: the values of ``configs/data/artifacts/*.yaml``: ``picks`` says which kinds may come together and how
            often, ``stroke`` the ranges that hold for all kinds, ``kinds`` what differs for one of them.
        channels: 1 for grey, 3 for RGB.

    Returns:
        What the artifacts do to the light, and where they are.
    """
    canvas = SoilCanvas.blank((page.height, page.width), channels)
    if rng.random() < cfg["clean_probability"]:
        return canvas
    for pick in cfg["picks"].values():
        if rng.random() >= pick["probability"]:
            continue
        kind = choose(rng, pick["choose"])
        family, draw_kind = find_kind(kind)
        if family == Ink.FOREIGN and not page.is_crop:
            continue
        own = cfg["kinds"].get(kind) or {}
        draw_kind(Soiling(rng, page, canvas, family, stroke_ranges(cfg["stroke"], own), own))
        canvas.kinds.append(kind)
    if page.patches and rng.random() < cfg["patch_probability"]:
        page.patches.lay_one(rng, canvas)
    return canvas


def find_kind(kind: str) -> tuple[Ink, Drawer]:
    """The family of a kind of artifact and the function that draws it; raises UserError for an unknown name."""
    if kind not in KINDS:
        raise UserError(unknown_name("kind of artifact", kind, list(KINDS)))
    return KINDS[kind]


def stroke_ranges(common: Mapping[str, Any], own: Mapping[str, Any]) -> StrokeRanges:
    """The stroke ranges of a kind: the common ones, and where it states its own, those."""
    return StrokeRanges(**{f.name: tuple(own.get(f.name) or common[f.name]) for f in fields(StrokeRanges)})
