"""Syllables that nobody wrote, put together of the jamo of syllables that somebody wrote.

A reader that learns a few syllables only takes a jamo for the company that it saw it in. Parts exchanged between syllables show
every jamo in company that it never had, without a picture of any syllable beyond those that may be seen.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from base.errors import UserError
from data_generators.synthesis.hangul.jamo_parts import EM_PX, SIDE_PX, jamo_parts
from data_generators.synthesis.writing.fonts import can_draw
from data_generators.synthesis.writing.shaping import Raster, draw_character
from preprocessing.text import hangul

COMPOSED_EM_PX = 88
ATTEMPTS = 12  # to find a syllable that the font has
EXCHANGES = 2  # by which a donor's jamo are told apart: the strokes decide the rest
HARDNESS = 3.0  # how sharply jamo are parted where their strokes touch
MIXED = 0.3  # part of a stroke from which on it counts as of two jamo
LEAST_INK = 0.1  # of the donor's, that a jamo must have
ANY = -1
Key = tuple[int, int, int, bool]  # place, class of the jamo there, layout, whether there is a final


@dataclass(frozen=True)
class Composed:
    """A syllable put together.

    Attributes:
        text: the syllable.
        raster: its ink, `COMPOSED_EM_PX` pixels an em.
        parts: how much each place belongs to each jamo, as `jamo_parts` says it.
    """

    text: str
    raster: Raster
    parts: np.ndarray


class JamoExchange:
    """Composes any syllable of the jamo of some.

    Args:
        seen: syllables that may be drawn; lone jamo among them do not count.

    Raises:
        UserError: fewer than two syllables.
    """

    def __init__(self, seen: str) -> None:
        self.seen = frozenset(seen) & frozenset(hangul.SYLLABLES)
        if len(self.seen) < 2:
            raise UserError("data.exchange_probability: at least two syllables are needed to exchange their jamo")
        donors: dict[Key, list[str]] = defaultdict(list)
        for syllable in sorted(self.seen):
            classes = hangul.encode(syllable)
            for place, number in enumerate(classes):
                for layout in (layout_of(classes[1]), ANY):
                    donors[place, number, layout, classes[2] != hangul.NO_FINAL].append(syllable)
        self.donors = dict(donors)
        self.numbers = [sorted({hangul.encode(syllable)[place] for syllable in self.seen}) for place in range(3)]

    def texts(self) -> str:
        """Every syllable of the jamo that were seen."""
        return "".join(hangul.decode(*classes) for classes in product(*self.numbers))

    def draw(self, rng: np.random.Generator, path: Path) -> Composed | None:
        """A syllable, each jamo as often as others of its place; None where the font lacks them or they cannot be told apart."""
        classes = tuple(numbers[int(rng.integers(len(numbers)))] for numbers in self.numbers)
        canvas = np.zeros((3, 2 * COMPOSED_EM_PX, 2 * COMPOSED_EM_PX), np.float32)
        for place in range(3 if classes[2] != hangul.NO_FINAL else 2):
            donor = self._donor(rng, path, classes, place)
            if donor is None:
                return None
            raster = draw_character(path, COMPOSED_EM_PX, donor)
            inked = raster.coverage * _share(jamo_parts(path, donor, rng, self.seen, EXCHANGES), place, raster.coverage)
            if inked.sum() < LEAST_INK * raster.coverage.sum():
                return None
            _lay(canvas[place], inked, raster)
        return Composed(hangul.decode(*classes), *_assembled(canvas))

    def _donor(self, rng: np.random.Generator, path: Path, classes: tuple[int, ...], place: int) -> str | None:
        """A seen syllable with a jamo: of the same layout where there is such, for that decides on the jamo's shape."""
        for layout in (layout_of(classes[1]), ANY):
            donors = self.donors.get((place, classes[place], layout, classes[2] != hangul.NO_FINAL), [])
            for _ in range(ATTEMPTS if donors else 0):
                donor = donors[int(rng.integers(len(donors)))]
                if can_draw(path, donor):
                    return donor
        return None


def layout_of(medial: int) -> int:
    """Where the strokes of a medial stand: 0 at the initial's right, 1 below it, 2 both."""
    jamo = hangul.MEDIALS[medial]
    return 0 if jamo in hangul.UPRIGHT else 1 if jamo in hangul.FLAT else 2


def _share(parts: np.ndarray, place: int, coverage: np.ndarray) -> np.ndarray:
    """How much of a glyph's ink belongs to a jamo, 0..1, float32 (h, w)."""
    spread = cv2.GaussianBlur(np.stack([parts[place], parts.sum(axis=0)], axis=-1), (3, 3), 0.8)
    share = np.clip(HARDNESS * (spread[..., 0] / np.maximum(spread[..., 1], 1e-4) - 0.5) + 0.5, 0.0, 1.0)
    height, width = coverage.shape
    scale = COMPOSED_EM_PX / EM_PX
    matrix = np.array([[scale, 0, (width - SIDE_PX * scale) / 2], [0, scale, (height - SIDE_PX * scale) / 2]])
    return _by_strokes(coverage, cv2.warpAffine(share, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))


def _by_strokes(coverage: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A share of the ink, 0..1, made whole for strokes that touch no other jamo: all of such a stroke goes or stays."""
    count, labels = cv2.connectedComponents((coverage > 32).astype(np.uint8), connectivity=8)
    ink = np.bincount(labels.ravel(), coverage.ravel(), count)
    mine = np.bincount(labels.ravel(), (coverage * share).ravel(), count) / np.maximum(ink, 1e-6)
    whole = np.where(mine > 1 - MIXED, 1.0, np.where(mine < MIXED, 0.0, -1.0)).astype(np.float32)
    whole[0] = -1.0  # the faint rims of all strokes
    decided = whole[labels]
    return np.where(decided < 0, share, decided)


def _lay(canvas: np.ndarray, inked: np.ndarray, raster: Raster) -> None:
    """Lays a part of a glyph where it stands in its em; what juts out of two ems is cut off."""
    height, width = inked.shape
    side = canvas.shape[0]
    left, top = side // 4 + raster.left, side * 5 // 8 - raster.top
    x0, y0, x1, y1 = max(0, left), max(0, top), min(side, left + width), min(side, top + height)
    canvas[y0:y1, x0:x1] = inked[y0 - top : y1 - top, x0 - left : x1 - left]


def _assembled(canvas: np.ndarray) -> tuple[Raster, np.ndarray]:
    """The ink of three jamo cropped to its box, and the grid of `jamo_parts`, whose middle is the middle of that box."""
    ink = np.rint(canvas.max(axis=0)).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(ink)
    scale = EM_PX / COMPOSED_EM_PX
    matrix = np.array([[scale, 0, SIDE_PX / 2 - (x + width / 2) * scale], [0, scale, SIDE_PX / 2 - (y + height / 2) * scale]])
    parts = [cv2.warpAffine(jamo, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_AREA) for jamo in canvas / np.float32(255)]
    return Raster(ink[y : y + height, x : x + width], 0, 0), np.stack(parts)
