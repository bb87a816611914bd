"""What one look at samples tells: sizes, characters, faults and oddities, in a few bytes a sample."""

import hashlib
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from base.errors import UserError
from base.source import BaseSource
from data_generators.sources.reading.opening import sample_rng
from preprocessing.binarise import paper_tone
from preprocessing.text.charset import Charset, frames_needed
from preprocessing.text.transcription import has_markup

EMPTY_CONTRAST = 12  # grey levels between paper and the darkest 0.2% of pixels: less is no writing
FINDINGS = {
    "unreadable": "images that cannot be read",
    "empty": "images with nothing on them",
    "no_text": "texts that are empty",
    "markup": "texts with mark-up or editorial signs",
    "too_narrow": "texts that do not fit the CTC frames",
    "outside_charset": "texts with characters outside the charset",
    "duplicate": "images that are in more than one split",
    "left_out": "samples left out by a rule",
    "broken": "samples left out because something is wrong with them",
}


@dataclass(frozen=True)
class Looking:
    """What to look for.

    Attributes:
        split: whose samples these are.
        seed: for sources that make samples up.
        charset: the characters that a model knows, or None.
        height_px: height that a model scales lines to.
        frame_px: width of a CTC frame at that height.
    """

    split: str
    seed: int
    charset: Charset | None
    height_px: int
    frame_px: float


@dataclass
class Tally:
    """What was seen; the arrays have an entry for each readable sample.

    Attributes:
        indices: int64, the samples' indices.
        sizes: int32 (n, 2), height and width in pixels.
        lengths: int32, characters.
        contrast: float32, grey levels between paper and the darkest 0.2% of pixels.
        hashes: uint64, of the pixels.
        characters: how often each occurs.
        findings: (kind, where, detail) of everything that is wrong or odd.
    """

    indices: np.ndarray
    sizes: np.ndarray
    lengths: np.ndarray
    contrast: np.ndarray
    hashes: np.ndarray
    characters: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[str, str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, rows: list[tuple[int, int, int, int, float, int]]) -> "Tally":
        """From (index, height, width, length, contrast, hash) of each sample."""
        columns = list(zip(*rows, strict=True)) or [()] * 6
        return cls(
            np.array(columns[0], np.int64),
            np.array(columns[1:3], np.int32).T.reshape(-1, 2),
            np.array(columns[3], np.int32),
            np.array(columns[4], np.float32),
            np.array(columns[5], np.uint64),
        )

    @classmethod
    def joined(cls, tallies: list["Tally"]) -> "Tally":
        """The arrays of several as one."""
        return cls(
            np.concatenate([tally.indices for tally in tallies]),
            np.concatenate([tally.sizes for tally in tallies]),
            np.concatenate([tally.lengths for tally in tallies]),
            np.concatenate([tally.contrast for tally in tallies]),
            np.concatenate([tally.hashes for tally in tallies]),
        )

    def width_of_character(self, height_px: int) -> np.ndarray:
        """Pixels a character at a height, float32 (n,); not a number where there is no text."""
        with np.errstate(divide="ignore", invalid="ignore"):
            widths = self.sizes[:, 1] * (height_px / np.maximum(self.sizes[:, 0], 1))
            return np.where(self.lengths > 0, widths / np.maximum(self.lengths, 1), np.nan).astype(np.float32)


def look_at(source: BaseSource, indices: np.ndarray, looking: Looking) -> Tally:
    """Reads samples and notes what they are like."""
    rows: list[tuple[int, int, int, int, float, int]] = []
    findings: list[tuple[str, str, str]] = []
    characters: Counter[str] = Counter()
    for index in map(int, indices):
        try:
            sample = source.sample(index, sample_rng(looking.seed, looking.split, index))
        except UserError as error:
            findings.append(("unreadable", source.where(index), str(error)))
            continue
        height, width = sample.image.shape
        contrast = float(paper_tone(sample.image)) - float(np.percentile(sample.image, 0.2))
        digest = hashlib.blake2b(sample.image.tobytes(), digest_size=8, salt=width.to_bytes(4, "little")).digest()
        rows.append((index, height, width, len(sample.text), contrast, int.from_bytes(digest, "little")))
        characters.update(sample.text)
        found = _judge(sample.text, height, width, contrast, looking)
        findings += [(kind, source.where(index), detail) for kind, detail in found]
    tally = Tally.of(rows)
    tally.characters, tally.findings = characters, findings
    return tally


def _judge(text: str, height: int, width: int, contrast: float, looking: Looking) -> list[tuple[str, str]]:
    """What is wrong with a readable sample: kinds of `FINDINGS` and details."""
    found = []
    if contrast < EMPTY_CONTRAST:
        found.append(("empty", f"its darkest pixels are {contrast:.0f} grey levels darker than its paper"))
    if not text.strip():
        found.append(("no_text", "its text is empty"))
    if has_markup(text):
        found.append(("markup", text))
    frames = int(width * looking.height_px / height / looking.frame_px)
    needed = looking.charset.frames_needed(text) if looking.charset else frames_needed(unicodedata.normalize("NFC", text))
    if needed > frames:
        found.append(("too_narrow", f"{needed} frames are needed, {frames} are there: {text}"))
    missing = looking.charset.missing(text) if looking.charset else []
    if missing:
        found.append(("outside_charset", f"{' '.join(missing)} in: {text}"))
    return found
