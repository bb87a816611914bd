"""How a reader's texts are spelled where scribes and editors differ: long s, quotation marks, dashes, ligatures."""

from dataclasses import dataclass

from preprocessing.text.transcription import as_written

LONG_S = {"ſ": "s"}
STRAIGHT_QUOTES = dict.fromkeys("\u2018\u2019\u201a\u201b\u2039\u203a", "'") | dict.fromkeys(
    "\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'
)
HYPHENS = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
LIGATURES = {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"} | dict(
    zip("\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)
)

CHOICES = {
    "long_s": {"keep": {}, "round": LONG_S},
    "quotes": {"keep": {}, "straight": STRAIGHT_QUOTES},
    "dashes": {"keep": {}, "hyphen": HYPHENS},
    "ligatures": {"keep": {}, "split": LIGATURES},
}


@dataclass(frozen=True)
class TextRules:
    """What becomes of characters that are written in several ways; each is one of the `CHOICES` of its name.

    Attributes:
        long_s: ``keep``, or ``round``: ſ becomes s.
        quotes: ``keep``, or ``straight``: quotation marks and apostrophes become ' and ".
        dashes: ``keep``, or ``hyphen``: all become -.
        ligatures: ``keep``, or ``split``: œ becomes oe.
    """

    long_s: str = "keep"
    quotes: str = "keep"
    dashes: str = "keep"
    ligatures: str = "keep"

    def apply(self, text: str) -> str:
        """The text by these rules, in NFC, runs of white space as one space."""
        changes: dict[str, str | int | None] = {}
        for name, choices in CHOICES.items():
            changes |= choices[getattr(self, name)]
        return as_written(text).translate(str.maketrans(changes))
