"""Transcriptions by a named rule: what becomes of editorial mark-up, abbreviations and unclear passages."""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

TAG = re.compile(r"</?[A-Za-z][\w:.-]*(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
GAP = re.compile(r"\[(?:\.{2,}|…|\?+|x+|illegible|illisible|unleserlich|unreadable|gap)\]|<gap\b[^<>]*>", re.IGNORECASE)
UNCLEAR = re.compile(r"<unclear\b|\[[^\]]*\?\]|\?\?+")
BRACKETS = re.compile(r"[\[\]⟦⟧⟨⟩{}]")
SOFT_HYPHEN = "\u00ad"
UNCLEAR_KINDS = {"unclear", "gap"}


@dataclass(frozen=True)
class Mark:
    """What an annotation says of a part of a text.

    Attributes:
        kind: ``abbrev``, ``unclear``, ``gap``, ``strikethrough`` and so on.
        offset, length: characters.
        expansion: what an abbreviation stands for, or empty.
    """

    kind: str
    offset: int
    length: int
    expansion: str = ""


class Excluded(Exception):
    """The rule leaves this text out; the message is the reason."""


def as_written(text: str, marks: tuple[Mark, ...] = ()) -> str:
    """The text in NFC, runs of white space as one space; a soft hyphen is a hyphen at the end, where it is seen, else nothing."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return (f"{text[:-1]}-" if text.endswith(SOFT_HYPHEN) else text).replace(SOFT_HYPHEN, "")


def without_markup(text: str, marks: tuple[Mark, ...] = ()) -> str:
    """Tags, entities and editorial brackets taken away, their content kept; ¬ at a line's end becomes a hyphen."""
    if GAP.search(text):
        raise Excluded("it has a passage that could not be read")
    text = html.unescape(TAG.sub("", text))
    return as_written(BRACKETS.sub("", text).replace("¬", "-"))


def expanded(text: str, marks: tuple[Mark, ...] = ()) -> str:
    """Abbreviations written out where an annotation says how; otherwise as `without_markup`."""
    for mark in sorted(marks, key=lambda mark: -mark.offset):
        if mark.kind == "abbrev" and mark.expansion:
            text = text[: mark.offset] + mark.expansion + text[mark.offset + mark.length :]
    return without_markup(text)


def certain(text: str, marks: tuple[Mark, ...] = ()) -> str:
    """As `without_markup`, but lines with an unclear or missing passage are left out."""
    if UNCLEAR.search(text) or any(mark.kind in UNCLEAR_KINDS for mark in marks):
        raise Excluded("it has an unclear passage")
    return without_markup(text)


Rule = Callable[[str, tuple[Mark, ...]], str]
RULES: dict[str, Rule] = {rule.__name__: rule for rule in (as_written, without_markup, expanded, certain)}


def has_markup(text: str) -> bool:
    """Whether a text looks as if it held mark-up that nobody wrote with a pen."""
    return bool(TAG.search(text) or GAP.search(text) or re.search(r"&(?:[a-z]+|#\d+);|[⟦⟧⟨⟩¬]", text))
