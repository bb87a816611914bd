"""How sure a reader is, of each character, word and text."""

import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from base.decoder import Reading
from preprocessing.text.hangul import compose
from utils.compute.softmax import log_softmax
from utils.metrics.calibration import change_odds

UNCHANGED = (1.0, 0.0)
BLANK = "blank"
NOTHING_READ = "there is ink, and nothing was read: is it one line of writing? task=pages reads whole pages"


@dataclass(frozen=True)
class FrameScale:
    """From a network's frames to a picture: pixels for one frame, and the picture's width in pixels."""

    frame_px: float
    width_px: float

    def edges(self, middles: np.ndarray) -> list[list[float]]:
        """Left and right of characters: half-way to their neighbours, since CTC puts each into a frame or two of its width.

        Args:
            middles: float (length,), where each is, in frames.
        """
        if not len(middles):
            return []
        between = (middles[1:] + middles[:-1]) / 2
        reach = float(np.median(np.diff(middles))) / 2 if len(middles) > 1 else 1.0
        borders = np.concatenate([[middles[0] - reach], between, [middles[-1] + reach]]) * self.frame_px
        return np.clip(np.stack([borders[:-1], borders[1:]], axis=1), 0.0, self.width_px).tolist()


@dataclass(frozen=True)
class Span:
    """A part of a text: what it says, how likely it is right (0..1), and where it stands, in pixels of the picture."""

    text: str
    confidence: float
    left: float
    right: float

    def values(self) -> list[Any]:
        """For predictions.jsonl: text, confidence, left, right."""
        return [self.text, round(self.confidence, 4), round(self.left), round(self.right)]


@dataclass(frozen=True)
class LineReading:
    """What was read in a line.

    Attributes:
        text: the best reading.
        confidence: 0..1, the part of its words that is expected to be right; of no text 1 where there is no ink, else 0.
        alternatives: other texts, with their share of the probability of all readings that the decoder found.
        width_px: of the picture.
        characters, words: the parts of ``text``, from left to right; a word is right if all its characters are.
        attention: float32 (characters, places across the line), where the network looked for each; None for CTC.
        line: uint8 (height, W), the line as the network saw it, where there is attention to draw over it.
        note: what else is to be said, or empty.
        content: float32 (classes + 1,), what the network found in it, see `predictors.reading.ranking`; None for a blank line.
    """

    text: str
    confidence: float
    width_px: float = 1.0
    alternatives: list[tuple[str, float]] = field(default_factory=list)
    characters: list[Span] = field(default_factory=list)
    words: list[Span] = field(default_factory=list)
    attention: np.ndarray | None = None
    line: np.ndarray | None = None
    note: str = ""
    content: np.ndarray | None = None

    @property
    def doubt(self) -> float:
        """How many of its characters are expected to be wrong, 0 and up."""
        return sum(1.0 - character.confidence for character in self.characters)

    @property
    def sureness(self) -> float:
        """The sequence's probability, normalised by its length: the geometric mean of its characters' confidences, 0..1.

        A text of no characters is never sure.
        """
        confidences = np.array([span.confidence for span in self.characters])
        return float(np.exp(np.log(np.maximum(confidences, 1e-12)).mean())) if len(confidences) else 0.0

    def values(self) -> dict[str, Any]:
        """For predictions.jsonl."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "alternatives": [[text, round(share, 4)] for text, share in self.alternatives],
            "words": [word.values() for word in self.words],
            "characters": [character.values() for character in self.characters],
            **({"note": self.note} if self.note else {}),
        }


def judge(
    readings: list[Reading],
    logits_TC: np.ndarray,
    characters: tuple[str, ...],
    temperature: float,
    scale: FrameScale,
    odds: tuple[float, float] = UNCHANGED,
) -> LineReading:
    """Puts confidences and places to the best of a line's readings.

    Args:
        readings: best first, at least one.
        logits_TC: of the network.
        characters: the text of each class from 1 on.
        temperature: logits are divided by it before they become confidences (Guo et al. 2017, "temperature scaling").
        scale: from frames to pixels.
        odds: what the characters' odds are multiplied and shifted by, see `utils.metrics.calibration.change_odds`.
    """
    best = readings[0]
    spans = without_rim(character_spans(best, logits_TC, characters, temperature, scale, odds))
    words = word_spans(spans)
    scores = np.array([reading.log_probability for reading in readings])
    shares = np.exp(scores - np.logaddexp.reduce(scores))
    alternatives = [(reading.text.strip(), float(share)) for reading, share in zip(readings[1:], shares[1:], strict=True)]
    note = "" if spans else NOTHING_READ
    return LineReading(best.text.strip(), mean_confidence(words), scale.width_px, alternatives, spans, words, note=note)


def character_spans(
    reading: Reading,
    logits_TC: np.ndarray,
    characters: tuple[str, ...],
    temperature: float,
    scale: FrameScale,
    odds: tuple[float, float] = UNCHANGED,
) -> list[Span]:
    """Each character with its highest probability among its frames, and where it stands."""
    classes = {character: place for place, character in enumerate(characters, start=1)}
    spans = []
    edges = scale.edges(reading.middles())
    for character, (first, last), (left, right) in zip(reading.text, reading.frames.tolist(), edges, strict=True):
        scores = log_softmax(logits_TC[first : last + 1] / temperature)[:, classes[character]]
        spans.append(Span(character, float(change_odds(np.exp(scores.max()), odds)), left, right))
    return spans


def composed(reading: LineReading) -> LineReading:
    """What was read as jamo, as syllables: a syllable stands where its jamo stand, and is right if all of them are."""
    syllables: list[list[Span]] = []
    for span in reading.characters:
        before = "".join(part.text for part in syllables[-1]) if syllables else ""
        if before and len(unicodedata.normalize("NFC", before + span.text)) == 1:
            syllables[-1].append(span)
        else:
            syllables.append([span])
    characters = [
        Span(syllable_of(jamo), float(np.prod([span.confidence for span in jamo])), jamo[0].left, jamo[-1].right)
        for jamo in syllables
    ]
    words = word_spans(characters)
    return replace(
        reading,
        text=compose(reading.text),
        alternatives=[(compose(text), share) for text, share in reading.alternatives],
        confidence=mean_confidence(words) if characters else reading.confidence,
        characters=characters,
        words=words,
    )


def syllable_of(jamo: list[Span]) -> str:
    """The text of jamo one after the other, put together."""
    return compose("".join(span.text for span in jamo))


def mean_confidence(words: list[Span]) -> float:
    """The part of a line's words that is expected to be right, 0..1; 0 where there are none."""
    return float(np.mean([word.confidence for word in words])) if words else 0.0


def without_rim(spans: list[Span]) -> list[Span]:
    """Characters without the spaces before the first and after the last."""
    inked = [place for place, span in enumerate(spans) if not span.text.isspace()]
    return spans[inked[0] : inked[-1] + 1] if inked else []


def word_spans(characters: list[Span]) -> list[Span]:
    """Words, which spaces separate."""
    words: list[list[Span]] = [[]]
    for span in characters:
        if span.text.isspace():
            words.append([])
        else:
            words[-1].append(span)
    return [
        Span(
            "".join(span.text for span in word), float(np.prod([span.confidence for span in word])), word[0].left, word[-1].right
        )
        for word in words
        if word
    ]
