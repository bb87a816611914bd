"""Which glyphs a word is drawn with, and where they go: ligatures, accents, joined letters, right-to-left.

HarfBuzz shapes, FreeType draws; both keep what they did, because words and letters come again and again.
"""

import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import freetype
import numpy as np
import uharfbuzz

from base.errors import UserError

UNITS = 64  # HarfBuzz and FreeType count in 64ths of a pixel
RIGHT_TO_LEFT = {"R", "AL"}
LEFT_TO_RIGHT = {"L", "EN", "AN"}
_drawing = threading.Lock()  # FreeType's faces are not for two threads at once


@dataclass(frozen=True)
class PlacedGlyph:
    """A glyph of a word.

    Attributes:
        number: its index in the font; 0 is the stand-in for what the font lacks.
        text: the characters that it stands for; a ligature has several, an accent of its own has none.
        x, y: pixels from the word's start and up from the baseline.
        advance: pixels to the next glyph.
    """

    number: int
    text: str
    x: float
    y: float
    advance: float


@dataclass(frozen=True)
class Raster:
    """A drawn glyph: uint8 (h, w) coverage, its left edge from the pen and its top above the baseline, in pixels."""

    coverage: np.ndarray
    left: int
    top: int


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction belongs to a right-to-left script."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in kinds if kind in RIGHT_TO_LEFT | {"L"}), "L") in RIGHT_TO_LEFT


def visual_order(words: list[str]) -> list[str]:
    """The words of a line from left to right: a right-to-left line is turned round, its left-to-right runs are not."""
    if not is_right_to_left(" ".join(words)):
        return words
    runs = [list(run) for _, run in groupby(words, key=lambda word: _direction(word) == "ltr")]
    return [word for run in reversed(runs) for word in (run if _direction(run[0]) == "ltr" else reversed(run))]


def _direction(word: str) -> str:
    kinds = {unicodedata.bidirectional(character) for character in word}
    return "ltr" if kinds & LEFT_TO_RIGHT and not kinds & RIGHT_TO_LEFT else "rtl"


@lru_cache(maxsize=4096)
def shape_word(path: Path, em_px: int, word: str) -> tuple[tuple[PlacedGlyph, ...], float]:
    """The glyphs of a word from left to right, and the width that they take in pixels.

    Args:
        path: a TrueType or OpenType file.
        em_px: the font's size in pixels per em.
        word: text without white space.
    """
    glyphs: list[PlacedGlyph] = []
    pen = 0.0
    for run in _runs(word):
        for glyph in _shape_run(path, em_px, run):
            glyphs.append(PlacedGlyph(glyph.number, glyph.text, pen + glyph.x, glyph.y, glyph.advance))
            pen += glyph.advance
    return tuple(glyphs), pen


def _runs(word: str) -> list[str]:
    """The word's runs of one direction, from left to right; marks and punctuation go with what stands before them."""
    if word.isascii() or not is_right_to_left(word):
        return [word]
    runs: list[str] = []
    current = ""
    for character in word:
        kind = unicodedata.bidirectional(character)
        direction = "ltr" if kind in LEFT_TO_RIGHT else "rtl" if kind in RIGHT_TO_LEFT else current
        if direction == current and runs:
            runs[-1] += character
        else:
            runs.append(character)
        current = direction
    return runs[::-1]


def _shape_run(path: Path, em_px: int, run: str) -> list[PlacedGlyph]:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(run)
    buffer.guess_segment_properties()
    uharfbuzz.shape(_harfbuzz_font(path, em_px), buffer)
    starts = sorted({info.cluster for info in buffer.glyph_infos})
    ends = dict(zip(starts, [*starts[1:], len(run)], strict=True))
    glyphs, told = [], set()
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        text = "" if info.cluster in told else run[info.cluster : ends[info.cluster]]
        told.add(info.cluster)
        glyphs.append(
            PlacedGlyph(info.codepoint, text, position.x_offset / UNITS, position.y_offset / UNITS, position.x_advance / UNITS)
        )
    return glyphs


@lru_cache(maxsize=2_000)
def _harfbuzz_font(path: Path, em_px: int) -> uharfbuzz.Font:
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))
    font.scale = (em_px * UNITS, em_px * UNITS)
    return font


@lru_cache(maxsize=100_000)
def draw_glyph(path: Path, em_px: int, number: int) -> Raster:
    """A glyph without hinting, as FreeType draws it; raises UserError for a file that is not a font."""
    with _drawing:
        return _draw(_freetype_face(path, em_px), number)


def draw_character(path: Path, em_px: int, character: str) -> Raster:
    """The glyph that a font maps a character to; it is not kept: there are more syllables than memory."""
    with _drawing:
        face = _freetype_face(path, em_px)
        return _draw(face, face.get_char_index(character))


def _draw(face: freetype.Face, number: int) -> Raster:
    face.load_glyph(number, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_NO_HINTING | freetype.FT_LOAD_NO_BITMAP)
    slot = face.glyph
    bitmap = slot.bitmap
    rows, width, pitch = bitmap.rows, bitmap.width, bitmap.pitch
    if not rows * width:
        return Raster(np.zeros((0, 0), np.uint8), 0, 0)
    pixels = np.ctypeslib.as_array(bitmap._FT_Bitmap.buffer, (rows, pitch))[:, :width]  # `buffer` copies into a list
    return Raster(pixels.copy(), slot.bitmap_left, slot.bitmap_top)


@lru_cache(maxsize=1024)
def _freetype_face(path: Path, em_px: int) -> freetype.Face:
    try:
        face = freetype.Face(str(path))
    except freetype.FT_Exception as error:
        raise UserError(f"{path} is not a font that can be opened: take it out of the fonts folder") from error
    face.set_char_size(em_px * UNITS)
    return face
