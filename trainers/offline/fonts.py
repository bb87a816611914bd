"""The fonts of a synthetic source, cut down to the characters that it may write."""

from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont

from data_generators.synthesis.fonts import FontFamily, all_families, listed_families
from preprocessing.charset import Charset
from preprocessing.hangul import SYLLABLES

ALWAYS = "".join(map(chr, range(32, 127)))  # what every font keeps


def copy_fonts(data: dict[str, Any], work: Path) -> str:
    """Writes ``fonts/handwriting/<family>/`` and ``fonts/print/<family>/``; returns what ``data.fonts`` must be.

    Args:
        data: the values of a synthetic source.
        work: the offline folder.
    """
    characters = characters_of(data)
    for family in families_of(data):
        for path in family.files:
            target = work / "fonts" / family.hand / family.name / path.name
            if not target.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                cut_font(path, target, characters)
    return "fonts"


def families_of(data: dict[str, Any]) -> list[FontFamily]:
    """Those of all splits: a family stays in the split that its name gives it."""
    folder = Path(data["fonts"]) if data["fonts"] else None
    if data.get("families"):
        return [family for split in ("train", "val") for family in listed_families(data["families"], folder, split)]
    return all_families(folder)


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
