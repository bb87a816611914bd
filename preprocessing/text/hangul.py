"""Hangul syllables as their jamo, and back.

A syllable is an initial consonant, a medial vowel and a final consonant or none: code point 0xAC00 + (initial * 21 +
medial) * 28 + final (The Unicode Standard, section 3.12). A jamo that stands alone is coded alike, with "none" in the
other places; a consonant cluster that only ends syllables stands as a final alone.
"""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from base.errors import UserError
from utils.files.whole import read_text

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIALS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
NONE = ""  # in the place of a jamo that is not there

PLACES = ("initial", "medial", "final")
JAMO = {"initial": (*INITIALS, NONE), "medial": (*MEDIALS, NONE), "final": (NONE, *FINALS)}  # by class
CLASSES = tuple(len(JAMO[place]) for place in PLACES)
NO_INITIAL, NO_MEDIAL, NO_FINAL = len(INITIALS), len(MEDIALS), 0

FIRST, LAST = 0xAC00, 0xD7A3
SYLLABLES = "".join(map(chr, range(FIRST, LAST + 1)))
LONE_JAMO = "".join(dict.fromkeys(INITIALS + FINALS + MEDIALS))
TEXTS = SYLLABLES + LONE_JAMO  # everything that can be told apart

# By the side of the initial that their strokes stand on: what decides about the layout of a syllable.
UPRIGHT, FLAT = "ㅏㅐㅑㅒㅓㅔㅕㅖㅣ", "ㅗㅛㅜㅠㅡ"


def encode(text: str) -> tuple[int, int, int]:
    """The classes of a syllable's, or a lone jamo's, initial, medial and final, by `JAMO`.

    Args:
        text: one character in any normal form; conjoining jamo that make one syllable count as one.

    Raises:
        ValueError: it is not one Hangul syllable or jamo.
    """
    text = unicodedata.normalize("NFC", text)
    if len(text) == 1 and FIRST <= ord(text) <= LAST:
        rest, final = divmod(ord(text) - FIRST, len(JAMO["final"]))
        return *divmod(rest, len(MEDIALS)), final
    if len(text) == 1 and text in MEDIALS:
        return NO_INITIAL, MEDIALS.index(text), NO_FINAL
    if len(text) == 1 and text in INITIALS:
        return INITIALS.index(text), NO_MEDIAL, NO_FINAL
    if len(text) == 1 and text in FINALS:
        return NO_INITIAL, NO_MEDIAL, JAMO["final"].index(text)
    raise ValueError(f"{text!r} is not one Hangul syllable or jamo")


def decode(initial: int, medial: int, final: int) -> str:
    """The syllable or lone jamo of three classes; raises ValueError for classes that make none, such as a medial and a final."""
    if initial != NO_INITIAL and medial != NO_MEDIAL:
        return chr(FIRST + (initial * len(MEDIALS) + medial) * len(JAMO["final"]) + final)
    alone = [JAMO[place][number] for place, number in zip(PLACES, (initial, medial, final), strict=True) if JAMO[place][number]]
    if len(alone) == 1 and encode(alone[0]) == (initial, medial, final):
        return alone[0]
    raise ValueError(f"initial {initial}, medial {medial}, final {final} make no syllable and no lone jamo")


def is_hangul(text: str) -> bool:
    """Whether a text is one syllable or one jamo."""
    try:
        encode(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8)
def classes_of(texts: str = TEXTS) -> np.ndarray:
    """Classes of many syllables and jamo, int32 (count, 3)."""
    return np.array([encode(text) for text in texts], np.int32).reshape(-1, 3)


@cache
def ks_x_1001() -> str:
    """The 2,350 syllables of the Korean standard KS X 1001, in its order."""
    rows, cells = range(0xB0, 0xC9), range(0xA1, 0xFF)
    return "".join(bytes([row, cell]).decode("euc-kr") for row in rows for cell in cells)


def has_jamo(text: str) -> bool:
    """Whether a text has conjoining jamo, such as those that `to_jamo` writes."""
    return any("\u1100" <= character <= "\u11ff" for character in text)


def to_jamo(text: str) -> str:
    """A text with each syllable written as conjoining jamo (NFD), other characters as they are in NFC."""
    return "".join(
        unicodedata.normalize("NFD", character) if FIRST <= ord(character) <= LAST else character
        for character in unicodedata.normalize("NFC", text)
    )


ALONE = {unicodedata.normalize("NFKD", jamo): jamo for jamo in LONE_JAMO} | {
    unicodedata.normalize("NFD", chr(FIRST + number))[-1]: jamo for number, jamo in enumerate(FINALS, start=1)
}  # conjoining jamo to those that stand alone


def compose(text: str) -> str:
    """What `to_jamo` took apart put together again, in NFC; jamo that are left over as those that stand alone."""
    return "".join(ALONE.get(character, character) for character in unicodedata.normalize("NFC", text))


SETS = ("all", "ks_x_1001", "others")


def syllable_set(wanted: str) -> str:
    """The syllables of a set by name, or the syllables and jamo of a file, each once.

    Raises:
        UserError: the file is missing, has none, or holds anything else.
    """
    if wanted == "all":
        return SYLLABLES
    if wanted == "ks_x_1001":
        return ks_x_1001()
    if wanted == "others":
        known = set(ks_x_1001())
        return "".join(syllable for syllable in SYLLABLES if syllable not in known)
    return charset_of(Path(wanted))


def charset_of(path: Path) -> str:
    """The syllables and jamo of a file, in their order; white space does not count.

    Raises:
        UserError: the file is missing, has none, or holds anything else.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such charset file")
    return hangul_only("".join(read_text(path).split()), str(path))


def hangul_only(text: str, where: str) -> str:
    """The characters of a charset, each once; raises UserError, which names ``where``, for any that is not Hangul, or none."""
    characters = dict.fromkeys(unicodedata.normalize("NFC", text))
    foreign = [character for character in characters if not is_hangul(character)]
    if foreign:
        raise UserError(
            f"{where}: {foreign[0]!r} (U+{ord(foreign[0]):04X}) is no Hangul syllable or jamo: take it out of the charset"
        )
    if not characters:
        raise UserError(f"{where}: the charset is empty; write every syllable into it")
    return "".join(characters)
