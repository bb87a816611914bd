"""The fonts of a synthetic source, cut down to the characters that it may write."""

from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont

from base.errors import UserError
from data_generators.synthesis.writing.fonts import FontFamily, all_families
from preprocessing.text.charset import Charset
from preprocessing.text.hangul import SYLLABLES

ALWAYS = "".join(map(chr, range(32, 127)))  # what every font keeps


def copy_fonts(sources: list[dict[str, Any]], folder: Path) -> None:
    """Writes ``handwriting/<family>/`` and ``print/<family>/`` below a folder, with the characters of all sources.

    Args:
        sources: the values of synthetic sources.
        folder: a new one.
    """
    wanted = [characters_of(data) for data in sources]
    characters = None if None in wanted else "".join(filter(None, wanted))
    for family in {family for data in sources for family in families_of(data)}:
        for path in family.files:
            target = folder / family.hand / family.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            cut_font(path, target, characters)


def families_of(data: dict[str, Any]) -> list[FontFamily]:
    """Those of all splits: a family stays in the split that its name gives it, wherever its folder lies."""
    if data.get("families"):
        raise UserError("data.families: mode=offline packs fonts that are split by their names; use data.fonts, or families=null")
    return all_families(Path(data["fonts"]) if data["fonts"] else None)


def characters_of(data: dict[str, Any]) -> str | None:
    """What may be written; None for everything."""
    if data.get("characters"):
        return "".join(data["characters"])
    if not data.get("charset"):
        return None
    charset = Charset.read(Path(data["charset"]))
    return "".join([*charset.characters, *(SYLLABLES if charset.in_jamo else ())])


def cut_font(path: Path, target: Path, characters: str | None) -> None:
    """One font file with the glyphs of some characters, and all its rules for joining them."""
    if characters is None:
        target.write_bytes(path.read_bytes())
        return
    options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True, name_IDs=["*"])
    font = TTFont(path, fontNumber=0, lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters + ALWAYS)
    cutter.subset(font)
    font.save(target)
