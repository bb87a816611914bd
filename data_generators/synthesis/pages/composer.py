"""Whole pages that never existed: blocks, columns, letters, lists and margins, with the baseline of every line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from base.types import PageLine, WordBox
from data_generators.synthesis.ranges import Range, choose, draw, smooth_noise
from data_generators.synthesis.writing.fonts import FontFamily, drawable, load_font, x_height_per_em
from data_generators.synthesis.writing.text import sample_words

POINTS_EVERY_PX = 24  # of a baseline
STRIP_ABOVE, STRIP_BELOW = 3.2, 2.0  # x-heights of a line's strip
FEWEST_WORDS_PX = 20


@dataclass(frozen=True)
class PageRanges:
    """What pages vary in; lengths are fractions of the page's width or, where they say so, x-heights."""

    x_height: Range  # of the page's width
    line_spacing: Range  # x-heights
    slant_degrees: Range
    line_slope_degrees: Range  # of a line against its page
    wander: Range  # x-heights, how far a baseline leaves its straight line
    word_gap: Range  # x-heights
    margin: Range  # of the page's width
    short_line_probability: float
    print_probability: float


@dataclass(frozen=True)
class Frame:
    """A part of a page to be filled with lines: pixels, and how they are written."""

    left: float
    top: float
    right: float
    bottom: float
    x_height: float
    spacing: float
    most_lines: int = 1000


@dataclass
class ComposedPage:
    """A page before it is bent and scanned.

    Attributes:
        coverage: uint8 (H, W), ink.
        lines: in reading order.
        words: where words stand.
    """

    coverage: np.ndarray
    lines: list[PageLine] = field(default_factory=list)
    words: list[WordBox] = field(default_factory=list)


def compose_page(
    rng: np.random.Generator,
    page_HW: tuple[int, int],
    families: Mapping[str, Sequence[FontFamily]],
    languages: Sequence[str],
    layouts: Mapping[str, float],
    ranges: PageRanges,
) -> ComposedPage:
    """Writes a page.

    Args:
        rng: decides everything.
        page_HW: height and width in pixels.
        families: of ``handwriting`` and ``print``, whichever there are.
        languages: ISO 639-1 codes.
        layouts: names of `LAYOUTS` to weights.
        ranges: how much.
    """
    page = ComposedPage(np.zeros(page_HW, np.uint8))
    hand = Hand.draw(rng, families, ranges)
    for frame in LAYOUTS[choose(rng, dict(layouts))](rng, page_HW, ranges):
        fill_frame(rng, page, frame, hand, languages, ranges)
    return page


@dataclass(frozen=True)
class Hand:
    """Who writes: a font and a slant."""

    font: Path
    slant: float
    wanders: bool

    @classmethod
    def draw(cls, rng: np.random.Generator, families: Mapping[str, Sequence[FontFamily]], ranges: PageRanges) -> "Hand":
        """A hand from the stated ranges."""
        printed = "print" in families and ("handwriting" not in families or rng.random() < ranges.print_probability)
        members = families["print" if printed else "handwriting"]
        family = members[int(rng.integers(len(members)))]
        font = family.files[int(rng.integers(len(family.files)))]
        return cls(font, 0.0 if printed else float(np.tan(np.radians(draw(rng, ranges.slant_degrees)))), not printed)


def fill_frame(
    rng: np.random.Generator, page: ComposedPage, frame: Frame, hand: Hand, languages: Sequence[str], ranges: PageRanges
) -> None:
    """Writes lines below each other until the frame is full, some of them short or indented."""
    baseline, count = frame.top + 1.6 * frame.x_height, 0
    slope = float(np.tan(np.radians(draw(rng, ranges.line_slope_degrees))))
    queue: list[str] = []
    while baseline < frame.bottom - 0.6 * frame.x_height and count < frame.most_lines:
        indent = rng.uniform(1, 6) * frame.x_height if rng.random() < 0.12 else rng.uniform(0, 0.5) * frame.x_height
        width = frame.right - frame.left - indent
        if rng.random() < ranges.short_line_probability:
            width *= rng.uniform(0.12, 0.9)
        if len(queue) < 30:
            queue += drawable(hand.font, sample_words(rng, list(languages), 60)).split()
        own_slope = slope + (float(np.tan(np.radians(draw(rng, ranges.line_slope_degrees)))) * 0.3 if hand.wanders else 0.0)
        write_line(rng, page, queue, hand, (frame.left + indent, baseline), width, frame.x_height, own_slope, ranges)
        baseline += frame.spacing * (rng.uniform(0.92, 1.1) if hand.wanders else 1.0)
        if rng.random() < 0.05:
            baseline += frame.spacing * rng.uniform(0.5, 2.0)
        count += 1


def write_line(
    rng: np.random.Generator,
    page: ComposedPage,
    queue: list[str],
    hand: Hand,
    start: tuple[float, float],
    width: float,
    x_height: float,
    slope: float,
    ranges: PageRanges,
) -> None:
    """Takes words off the queue, writes them along a wandering baseline, and notes where that is.

    Args:
        rng: decides everything.
        page: what is written on.
        queue: words; those that are written leave it.
        hand: who writes.
        start: where the baseline begins, x and y in pixels.
        width: that there is, in pixels.
        x_height: pixels.
        slope: of the line, pixels down for each to the right.
        ranges: how much it varies.
    """
    if width < FEWEST_WORDS_PX or not queue:
        return
    font = load_font(hand.font, max(6, round(x_height / x_height_per_em(hand.font))))
    above, below = round(STRIP_ABOVE * x_height), round(STRIP_BELOW * x_height)
    strip = Image.new("L", (int(width) + 4, above + below))
    pen, left, written = ImageDraw.Draw(strip), 0.0, []
    while queue:
        length = font.getlength(queue[0])
        if left + length > width:
            break
        pen.text((left, above), queue[0], fill=255, font=font, anchor="ls")
        written.append((queue.pop(0), left, left + length))
        left += length + draw(rng, ranges.word_gap) * x_height
    if not written:
        queue.pop(0)  # too long for any such line
        return
    end = written[-1][2]
    columns = np.arange(strip.width, dtype=np.float32)
    drop = np.float32(slope) * columns
    if hand.wanders:
        drop = drop + np.float32(draw(rng, ranges.wander) * x_height) * (smooth_noise(rng, strip.width, int(8 * x_height)) - 0.5)
    _lay_strip(page.coverage, np.asarray(strip), drop, above, start, hand.slant)
    places = np.linspace(0.0, end, max(2, int(end / POINTS_EVERY_PX)))
    baseline = np.stack([start[0] + places, start[1] + np.interp(places, columns, drop)], axis=1)
    page.lines.append(PageLine(baseline, x_height, " ".join(word for word, *_ in written)))
    for _, first, last in written:
        middle = start[1] + float(np.interp((first + last) / 2, columns, drop))
        page.words.append(WordBox(start[0] + first, start[0] + last, middle, x_height))


def _lay_strip(
    coverage: np.ndarray, strip: np.ndarray, drop: np.ndarray, above: int, start: tuple[float, float], slant: float
) -> None:
    """Lays a straight strip on the page, its columns moved down as ``drop`` says, its letters slanted about the baseline."""
    reach = int(np.ceil(np.abs(drop).max())) + 1
    height, width = strip.shape[0] + 2 * reach, strip.shape[1]
    rows = np.arange(height, dtype=np.float32)[:, None] - np.float32(reach)
    at_y = rows - drop[None, :]
    at_x = np.arange(width, dtype=np.float32)[None, :] + np.float32(slant) * (at_y - np.float32(above))
    moved = cv2.remap(strip, at_x.astype(np.float32), at_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    top, left = round(start[1]) - above - reach, round(start[0])
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(coverage.shape[0], top + height), min(coverage.shape[1], left + width)
    if y1 > y0 and x1 > x0:
        part = moved[y0 - top : y1 - top, x0 - left : x1 - left]
        coverage[y0:y1, x0:x1] = np.maximum(coverage[y0:y1, x0:x1], part)


def _sizes(rng: np.random.Generator, width: int, ranges: PageRanges) -> tuple[float, float]:
    """x-height and line spacing in pixels."""
    x_height = max(4.0, draw(rng, ranges.x_height) * width)
    return x_height, draw(rng, ranges.line_spacing) * x_height


def block(rng: np.random.Generator, page_HW: tuple[int, int], ranges: PageRanges) -> list[Frame]:
    """One block of text, now and then with a title and a page number."""
    height, width = page_HW
    x_height, spacing = _sizes(rng, width, ranges)
    left, right = draw(rng, ranges.margin) * width, width - draw(rng, ranges.margin) * width * 0.7
    top, bottom = draw(rng, ranges.margin) * height, height * rng.uniform(0.55, 0.98)
    frames = []
    if rng.random() < 0.25:
        large = x_height * rng.uniform(1.1, 2.0)
        middle = rng.uniform(left, (left + right) / 2)
        frames.append(Frame(middle, top, right, top + 3 * large, large, 2.2 * large, most_lines=1))
        top += 4 * large
    frames.append(Frame(left, top, right, bottom, x_height, spacing))
    if rng.random() < 0.2:
        place = rng.uniform(0.1, 0.85) * width
        frames.append(Frame(place, height - 3 * x_height, place + 6 * x_height, height, x_height, spacing, most_lines=1))
    return frames


def columns(rng: np.random.Generator, page_HW: tuple[int, int], ranges: PageRanges) -> list[Frame]:
    """Two or three columns, now and then below a title that runs across."""
    height, width = page_HW
    x_height, spacing = _sizes(rng, width, ranges)
    x_height, spacing = x_height * 0.8, spacing * 0.8
    count = 2 if rng.random() < 0.8 else 3
    left, right = 0.6 * draw(rng, ranges.margin) * width, width * (1 - 0.6 * draw(rng, ranges.margin))
    top, gap = draw(rng, ranges.margin) * height, rng.uniform(2.5, 6) * x_height
    frames = []
    if rng.random() < 0.4:
        frames.append(Frame(left, top, right, top + 3 * x_height, x_height * 1.3, spacing, most_lines=1))
        top += 5 * x_height
    wide = (right - left - gap * (count - 1)) / count
    for number in range(count):
        start = left + number * (wide + gap)
        frames.append(Frame(start, top, start + wide, height * rng.uniform(0.6, 0.97), x_height, spacing))
    return frames


def letter(rng: np.random.Generator, page_HW: tuple[int, int], ranges: PageRanges) -> list[Frame]:
    """A date at the right, a salutation, the text, a signature."""
    height, width = page_HW
    x_height, spacing = _sizes(rng, width, ranges)
    left, right = draw(rng, ranges.margin) * width, width * (1 - 0.5 * draw(rng, ranges.margin))
    top = draw(rng, ranges.margin) * height
    body = top + spacing * rng.uniform(3, 5)
    bottom = height * rng.uniform(0.5, 0.85)
    middle = left + (right - left) * rng.uniform(0.4, 0.65)
    return [
        Frame(middle, top, right, body, x_height, spacing, most_lines=1),
        Frame(left + 3 * x_height, top + 1.6 * spacing, middle, body, x_height, spacing, most_lines=1),
        Frame(left, body, right, bottom, x_height, spacing),
        Frame(middle, bottom + spacing, right, height, x_height, spacing, most_lines=int(rng.integers(1, 4))),
    ]


def margin_notes(rng: np.random.Generator, page_HW: tuple[int, int], ranges: PageRanges) -> list[Frame]:
    """A block with smaller notes beside it, at the left or the right."""
    height, width = page_HW
    x_height, spacing = _sizes(rng, width, ranges)
    small, wide = x_height * rng.uniform(0.6, 0.9), width * rng.uniform(0.15, 0.26)
    rim = width * rng.uniform(0.02, 0.06)
    at_left = rng.random() < 0.5
    block_left, block_right = (
        (rim + wide + 2.5 * x_height, width - rim) if at_left else (rim, width - rim - wide - 2.5 * x_height)
    )
    note_left = rim if at_left else width - rim - wide
    top, bottom = draw(rng, ranges.margin) * height, height * rng.uniform(0.7, 0.97)
    frames = [Frame(block_left, top, block_right, bottom, x_height, spacing)]
    below = top
    while below < bottom - 4 * small:
        below += rng.uniform(0, 0.35) * height
        lines = int(rng.integers(1, 6))
        spaced = small * rng.uniform(1.9, 2.8)
        end = min(bottom, below + (lines + 0.5) * spaced)
        frames.append(Frame(note_left, below, note_left + wide, end, small, spaced, most_lines=lines))
        below = end + spaced
    return frames


def table(rng: np.random.Generator, page_HW: tuple[int, int], ranges: PageRanges) -> list[Frame]:
    """A list or a register: short entries in rows, each a line of its own."""
    height, width = page_HW
    x_height, spacing = _sizes(rng, width, ranges)
    x_height, spacing = 0.8 * x_height, 0.9 * spacing
    count = int(rng.integers(2, 5))
    edges = np.sort(rng.uniform(0.05, 0.95, count + 1)) * width
    edges = edges[np.concatenate([[True], np.diff(edges) > 7 * x_height])]
    frames, top = [], draw(rng, ranges.margin) * height
    while top < height * 0.95 - spacing:
        frames += [
            Frame(left + 0.5 * x_height, top, right - 1.5 * x_height, top + spacing, x_height, spacing, most_lines=1)
            for left, right in pairwise(edges)
            if rng.random() < 0.8
        ]
        top += spacing
    return frames


LAYOUTS: dict[str, Any] = {
    "block": block,
    "columns": columns,
    "letter": letter,
    "margin_notes": margin_notes,
    "table": table,
}
