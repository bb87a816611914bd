"""The fonts that synthetic text is drawn with: finding them, splitting them, knowing what they can draw."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import freetype
from PIL import ImageFont

from base.errors import EmptySplit, UserError
from base.registry import ROOT
from data_generators.synthesis.ranges import split_of
from data_generators.synthesis.writing.shaping import shape_word
from utils.files.below import files_below

SIGNATURES = (b"\0\1\0\0", b"OTTO", b"true", b"ttcf")
PROBE_PX = 32
FONT_SUFFIXES = (".ttf", ".otf", ".ttc")
HANDS = ("handwriting", "print")
_reading = threading.Lock()  # FreeType's faces are not for two threads at once


@dataclass(frozen=True)
class FontFamily:
    """A typeface and its files.

    Attributes:
        name: the family's package or folder name.
        hand: ``handwriting`` or ``print``.
        files: its styles, sorted.
    """

    name: str
    hand: str
    files: tuple[Path, ...]


@lru_cache(maxsize=8)
def find_families(folder: Path | None, split: str) -> tuple[FontFamily, ...]:
    """The font families of one split, sorted by name; every file opens.

    Args:
        folder: a folder with one subfolder a family, in ``handwriting/`` and ``print/``; None takes the npm packages
            that ``package.json`` lists.
        split: ``train``, ``val`` or ``test``; a family is in one of them only, by its name.

    Raises:
        UserError: there are no fonts, or a file is not one.
        EmptySplit: no family falls into the split.
    """
    chosen = [family for family in all_families(folder) if split_of(family.name) == split]
    if not chosen:
        raise EmptySplit(
            f"no fonts for the {split} split in {folder or 'node_modules/'}: a family is in one split by its name; add families"
        )
    for family in chosen:
        for path in family.files:
            problem = open_problem(path)
            if problem:
                raise UserError(f"{path}: {problem}; take it out of the fonts folder")
    return tuple(chosen)


def all_families(folder: Path | None) -> list[FontFamily]:
    """The families of all splits, sorted by name; raises UserError if there are none."""
    families = _families_in(folder) if folder else _installed_families()
    families = sorted((family for family in families if family.files), key=lambda family: family.name)
    if not families:
        raise UserError(
            f"no fonts in {folder or 'node_modules/'}: run `make fonts`, or name a folder with "
            "handwriting/<family>/*.ttf and print/<family>/*.ttf"
        )
    return families


FONT_ROOTS = (
    ROOT / "node_modules" / "@expo-google-fonts",
    ROOT / "fonts" / "debian" / "usr" / "share" / "fonts" / "truetype",
    Path("/usr/share/fonts/truetype"),
)


def listed_families(listed: Mapping[str, Mapping[str, Any]], folder: Path | None, split: str) -> list[FontFamily]:
    """The families of a split that are there, of a config's list and of a folder, sorted by name.

    Args:
        listed: family to ``hand``, ``split`` and ``files``: names of npm packages, and files (or patterns) below the folders
            of Debian's fonts, which may be installed or lie in ``fonts/debian``.
        folder: fonts of the user, see `find_families`; a family of it is in a split by its name.
        split: ``train``, ``val`` or ``test``.

    Raises:
        EmptySplit: none is there.
    """
    families = [
        FontFamily(name, values["hand"], files)
        for name, values in listed.items()
        if values["split"] == split and (files := tuple(_files_named(values["files"])))
    ]
    if folder is not None:
        families += [family for family in all_families(folder) if split_of(family.name) == split]
    if not families:
        raise EmptySplit(f"no fonts of the {split} split are there: run `make fonts` (and, on Debian, `make korean-fonts`)")
    for family in families:
        for path in family.files:
            problem = open_problem(path)
            if problem:
                raise UserError(f"{path}: {problem}; take it out of the fonts")
    return sorted(families, key=lambda family: family.name)


def _files_named(names: Sequence[str]) -> list[Path]:
    """The font files of packages and patterns; a file that lies below several roots counts once."""
    found: dict[str, Path] = {}
    for name in names:
        for root in FONT_ROOTS:
            paths = files_below(root / name, FONT_SUFFIXES) if (root / name).is_dir() else sorted(root.glob(name))
            for path in paths:
                found.setdefault(path.name, path)
    return list(found.values())


def _installed_families() -> list[FontFamily]:
    listed = json.loads((ROOT / "package.json").read_text("utf-8"))["palimpsest"]
    packages = ROOT / "node_modules" / "@expo-google-fonts"
    return [FontFamily(name, hand, tuple(files_below(packages / name, FONT_SUFFIXES))) for hand in HANDS for name in listed[hand]]


def _families_in(folder: Path) -> list[FontFamily]:
    return [
        FontFamily(family.name, hand, tuple(files_below(family, FONT_SUFFIXES)))
        for hand in HANDS
        if (folder / hand).is_dir()
        for family in sorted((folder / hand).iterdir())
        if family.is_dir()
    ]


@lru_cache(maxsize=4096)
def open_problem(path: Path) -> str:
    """Why a file cannot be used as a font, in a few words; nothing if it can."""
    try:
        with path.open("rb") as file:
            signature = file.read(4)
        if signature not in SIGNATURES:
            return "it is not a TrueType or OpenType font"
        freetype.Face(str(path))
    except (OSError, freetype.FT_Exception) as error:
        return f"it cannot be opened as a font ({error})"
    return ""


@lru_cache(maxsize=4096)
def _character_map(path: Path) -> frozenset[int]:
    return frozenset(code for code, _ in freetype.Face(str(path)).get_chars())


def maps(path: Path, character: str) -> bool:
    """Whether the font's character map claims a character."""
    return ord(character) in _character_map(path)


@lru_cache(maxsize=256)
def load_font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    """A font at a size in pixels per em, ready to draw; raises UserError for a file that is not a font."""
    try:
        return ImageFont.truetype(str(path), size_px)
    except OSError as error:
        raise UserError(f"{path} is not a font that can be opened ({error}): take it out of the fonts folder") from error


@lru_cache(maxsize=1024)
def x_height_per_em(path: Path) -> float:
    """The height of a lower-case x as a fraction of the em; half an em for a font without one."""
    if not maps(path, "x"):
        return 0.5
    _, top, _, bottom = load_font(path, 100).getbbox("x")
    return max(0.1, (bottom - top) / 100)


@lru_cache(maxsize=1_000_000)
def can_draw(path: Path, character: str) -> bool:
    """Whether the font has ink of its own for a character: some fonts map a character to an empty or a stand-in glyph."""
    if character.isspace():
        return True
    with _reading:
        face = _face(path)
        number = face.get_char_index(character)
        if number == 0:  # HarfBuzz may still put it together, such as ș from s and a comma below
            glyphs, _ = shape_word(path, PROBE_PX, character)
            return len(glyphs) > 1 and all(glyph.number for glyph in glyphs)
        face.load_glyph(number, freetype.FT_LOAD_NO_SCALE)
        outline = face.glyph.outline
        stand_in = _stand_in(path)
        return outline.n_points > 0 and (outline.n_points != len(stand_in) or tuple(outline.points) != stand_in)


@lru_cache(maxsize=4096)
def _stand_in(path: Path) -> tuple[tuple[int, int], ...]:
    """The outline of what the font draws for characters that it lacks, in the font's own units."""
    face = freetype.Face(str(path))
    face.load_glyph(0, freetype.FT_LOAD_NO_SCALE)
    return tuple(face.glyph.outline.points)


@lru_cache(maxsize=512)
def _face(path: Path) -> freetype.Face:
    return freetype.Face(str(path))


_drawable: dict[Path, set[str]] = {}  # what each font is known to have: asked for every character of every line


def can_draw_all(path: Path, characters: frozenset[str]) -> bool:
    """Whether the font has ink of its own for every one of the characters."""
    known = _drawable.setdefault(path, set())
    if known.issuperset(characters):
        return True
    if not all(can_draw(path, character) for character in characters - known):
        return False
    known.update(characters)
    return True


def drawable(path: Path, text: str) -> str:
    """The words of ``text`` that the font can draw in full, joined by single spaces."""
    return " ".join(word for word in text.split() if all(can_draw(path, character) for character in word))
