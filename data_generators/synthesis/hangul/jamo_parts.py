"""Which strokes of a font's syllable belong to which jamo, found by exchanging one jamo after the other.

Fonts do not say it. But what stays when the initial is exchanged does not belong to the initial: a stroke belongs to the
jamo whose exchange makes it go.
"""

from pathlib import Path

import cv2
import numpy as np

from data_generators.synthesis.writing.fonts import can_draw
from data_generators.synthesis.writing.shaping import draw_character
from preprocessing.text import hangul

EM_PX = 40
SIDE_PX = 56  # of the square that a glyph is looked at in, centred by its ink
EXCHANGES = 3  # of each jamo
ALL = frozenset(hangul.SYLLABLES)
# jamo that leave the rest of the syllable where it is, so that nothing but the exchanged one changes
LIKE_MEDIALS = (hangul.UPRIGHT, hangul.FLAT, "ㅘㅙㅚㅝㅞㅟㅢ")


def jamo_parts(
    path: Path, syllable: str, rng: np.random.Generator, among: frozenset[str] = ALL, exchanges: int = EXCHANGES
) -> np.ndarray:
    """How much each place of a glyph belongs to the initial, the medial and the final.

    Args:
        path: the font.
        syllable: one that the font can draw; a lone jamo is all of a piece.
        rng: chooses what the jamo are exchanged for.
        among: the syllables that may be drawn to find out.
        exchanges: of each jamo, at most.

    Returns:
        float32 (3, `SIDE_PX`, `SIDE_PX`), at most 1 and 0 on blank paper; the glyph is `EM_PX` pixels an em, and the middle
        of its ink box lies in the middle.
    """
    classes = hangul.encode(syllable)
    raster = draw_character(path, EM_PX, syllable)
    height, width = raster.coverage.shape
    pen = (SIDE_PX - width) // 2 - raster.left, (SIDE_PX - height) // 2 + raster.top
    ink = draw_at(path, syllable, pen)
    parts = np.zeros((3, SIDE_PX, SIDE_PX), np.float32)
    there = [place for place in range(3) if hangul.JAMO[hangul.PLACES[place]][classes[place]]]
    if len(there) == 1:
        parts[there[0]] = ink
        return parts
    others = [_exchanged(path, classes, place, rng, among, exchanges) for place in there]
    gone = np.stack([_goes(ink, [draw_at(path, text, pen) for text in texts]) for texts in others])
    sharp = gone**4  # the jamo that a stroke goes with most takes nearly all of it
    parts[there] = ink * sharp / np.maximum(sharp.sum(axis=0), 1e-6)
    return parts


def draw_at(path: Path, character: str, pen: tuple[int, int]) -> np.ndarray:
    """A glyph with its pen at a place of a square, float32 (`SIDE_PX`, `SIDE_PX`) in 0..1; what juts out is cut off."""
    raster = draw_character(path, EM_PX, character)
    square = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    x, y = pen[0] + raster.left, pen[1] - raster.top
    height, width = raster.coverage.shape
    top, left, bottom, right = max(0, y), max(0, x), min(SIDE_PX, y + height), min(SIDE_PX, x + width)
    if bottom > top and right > left:
        square[top:bottom, left:right] = raster.coverage[top - y : bottom - y, left - x : right - x] / np.float32(255)
    return square


def _goes(ink: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """How surely ink goes when a jamo is exchanged, float32 above 0, much the same for neighbouring pixels."""
    if not others:
        return np.full_like(ink, 0.1)
    stays = np.mean([cv2.dilate(other, np.ones((2, 2), np.uint8)) for other in others], axis=0)
    goes = cv2.GaussianBlur(ink * (1.0 - stays), (9, 9), 1.6)
    return goes / np.maximum(cv2.GaussianBlur(ink, (9, 9), 1.6), 1e-3) + np.float32(0.01)


def _exchanged(
    path: Path, classes: tuple[int, int, int], place: int, rng: np.random.Generator, among: frozenset[str], most: int
) -> list[str]:
    """Some syllables of the font that differ in one jamo, of a kind that leaves the others where they are."""
    jamo = hangul.JAMO[hangul.PLACES[place]]
    if place == 1:
        alike = next(group for group in LIKE_MEDIALS if jamo[classes[1]] in group)
        numbers = [number for number, name in enumerate(jamo) if name and name in alike]
    else:
        numbers = [number for number, name in enumerate(jamo) if name]
    others = [number for number in numbers if number != classes[place]]
    texts = [hangul.decode(*(number if at == place else old for at, old in enumerate(classes))) for number in others]
    known = [text for text in texts if text in among]
    chosen = [known[int(k)] for k in rng.permutation(len(known))[:most]]
    return [text for text in chosen if can_draw(path, text)]
