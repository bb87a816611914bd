"""A page that was read: what goes into every format that pages are written in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ReadWord:
    """A word: its text, how likely it is right (0..1), and its outline, float (4, 2) in the page's pixels."""

    text: str
    confidence: float
    outline: np.ndarray


@dataclass(frozen=True)
class ReadLine:
    """A line of a page.

    Attributes:
        identity: unique on its page, such as ``line_3``.
        baseline: float (n, 2), x and y in the page's pixels, from left to right.
        outline: float (m, 2), a polygon.
        x_height: pixels.
        text: what was read; empty where nothing was.
        confidence: 0..1, the part of its words that is expected to be right.
        found: 0..1, how sure it is that there is a line at all.
        words: from left to right.
        alternatives: other texts, with their shares.
        is_cleaned: whether it was read after erasing.
    """

    identity: str
    baseline: np.ndarray
    outline: np.ndarray
    x_height: float
    text: str
    confidence: float
    found: float
    words: list[ReadWord]
    alternatives: list[tuple[str, float]]
    is_cleaned: bool = False

    def values(self) -> dict[str, Any]:
        """For predictions.jsonl."""
        return {
            "line_id": self.identity,
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "alternatives": [[text, round(share, 4)] for text, share in self.alternatives],
            "baseline": self.baseline.round().astype(int).tolist(),
            "outline": self.outline.round().astype(int).tolist(),
            "is_cleaned": self.is_cleaned,
            "words": [[word.text, round(word.confidence, 4), word.outline.round().astype(int).tolist()] for word in self.words],
        }


@dataclass(frozen=True)
class ReadPage:
    """A page and its lines.

    Attributes:
        image: the file's name, without folders.
        pixels: uint8 (H, W) grey or (H, W, 3) RGB, as it is shown beside its text.
        dpi: pixels an inch, where the file says so.
        blocks: lines that stand below each other, block by block, in reading order.
        source: the file that it is a page of; None where there is none.
    """

    image: str
    pixels: np.ndarray
    dpi: float | None
    blocks: list[list[ReadLine]]
    source: Path | None = None

    @property
    def size_WH(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def lines(self) -> list[ReadLine]:
        """All lines in reading order."""
        return [line for block in self.blocks for line in block]

    @property
    def text(self) -> str:
        """The page's text, a line a line, with a blank one between blocks."""
        return "\n\n".join("\n".join(line.text for line in block) for block in self.blocks)

    @property
    def confidence(self) -> float:
        """0..1, the part of the page's words that is expected to be right; where there are none 1 for a blank page, else 0."""
        weights = np.array([len(line.text.split()) for line in self.lines], float)
        confidences = np.array([line.confidence for line in self.lines])
        return float(weights @ confidences / weights.sum()) if weights.sum() else float(not self.lines)
