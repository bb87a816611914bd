"""Hangul syllables that never existed: written by font, hand and pen on paper."""

import hashlib
from collections import defaultdict
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Origin, Sample
from data_generators.batches.shuffling import shuffled
from data_generators.synthesis.hangul.jamo_exchange import JamoExchange
from data_generators.synthesis.hangul.syllables import ShapeRanges, Traces, photograph, press_strokes, write_syllable
from data_generators.synthesis.paper import PaperRanges
from data_generators.synthesis.pen import PenRanges
from data_generators.synthesis.writing.fonts import FontFamily, can_draw, listed_families
from data_generators.synthesis.writing.text import word_frequencies
from preprocessing.text import hangul
from utils.configuration.values import plain

FONT_ATTEMPTS = 40
NONE = [0.0, 0.0]
LEFT_OUT: dict[str, dict[str, dict[str, Any]]] = {  # the values under which a variation is none
    "shape": {"shape": {"aspect": NONE, "slant_degrees": NONE, "rotation_degrees": NONE}},
    "bend": {"shape": {"bend": NONE}},
    "jamo": {"shape": {"jamo_probability": 0.0}},
    "pen": {"pen": {"weight": NONE, "pressure": NONE, "fade": NONE, "dryness": NONE, "contrast": [1.0, 1.0]}},
    "paper": {
        "paper": {"tone": [255, 255], "shading": NONE, "texture": NONE, "noise": NONE, "blur_px": NONE, "jpeg_probability": 0.0}
    },
    "traces": {"traces": {"rule": 0.0, "neighbour": 0.0, "scratch": 0.0}},
}


@SOURCES.register("hangul")
class HangulSource(BaseSource):
    """Single syllables and lone jamo in square pictures; fonts are disjoint between the splits by family.

    In training, everything is drawn. The val and test splits go through every syllable and lone jamo in every family, in a
    shuffled order, so that any first part of them is a fair choice; one that a family lacks is written in another one.

    Args:
        cfg: the values of ``configs/data/hangul.yaml``.
        split: ``train``, ``val`` or ``test``.

    Raises:
        EmptySplit: no fonts of the split.
        UserError: a file that the values name cannot be used.
    """

    endless = True

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        settings = plain(cfg)
        for name in settings["train_without"] if split == "train" else ():
            for group, values in LEFT_OUT[name].items():
                settings[group] |= values
        self.families = listed_families(settings["families"], Path(cfg.fonts) if cfg.fonts else None, split)
        self.shape = ShapeRanges(**settings["shape"])
        self.pen, self.paper = PenRanges(**settings["pen"]), PaperRanges(**settings["paper"])
        self.traces = Traces(**settings["traces"])
        self.side_px, self.print_probability = settings["side_px"], settings["print_probability"]
        self.lone_jamo_probability = settings["lone_jamo_probability"]
        self.frequency, self.exchange_probability = settings["frequency"], settings["exchange_probability"]
        self.by_hand = {hand: [family for family in self.families if family.hand == hand] for hand in ("handwriting", "print")}
        self.fonts = [(family, path) for family in self.families for path in family.files]
        self.tells_parts = False
        self._take(hangul.syllable_set(cfg.syllables))

    def _take(self, texts: str) -> None:
        self.syllables = "".join(text for text in texts if text in hangul.SYLLABLES)
        self.jamo = "".join(text for text in texts if text not in hangul.SYLLABLES) or hangul.LONE_JAMO
        weights = syllable_weights(self.syllables, **self.frequency) if self.syllables else np.zeros(0)
        self.limits = np.cumsum(weights)
        self.among = frozenset(self.syllables)
        self.exchange = JamoExchange(self.syllables) if self.exchange_probability and self.split == "train" else None
        self.all_texts = self.syllables + (self.jamo if self.lone_jamo_probability > 0 or not self.syllables else "")

    def limited_to(self, texts: str) -> "HangulSource":
        """The same source with other syllables (and lone jamo, where the texts have some)."""
        other = copy(self)
        other._take(texts)
        return other

    def showing_parts(self) -> "HangulSource":
        """The same source, whose samples know which stroke belongs to which jamo."""
        other = copy(self)
        other.tells_parts = True
        return other

    def __len__(self) -> int:
        return self.cfg.length if self.split == "train" else len(self.all_texts) * len(self.families)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        """A syllable in a square picture, grey uint8 (side, side); ``canvas_HW`` asks for another side than ``data.side_px``."""
        text, family, path = self._draw(rng) if self.split == "train" else self._find(index, rng)
        side = min(canvas_HW) if canvas_HW else self.side_px
        composed = self.exchange.draw(rng, path) if self.exchange and rng.random() < self.exchange_probability else None
        text = composed.text if composed else text
        written = write_syllable(
            rng, path, text, side, self.shape, among=self.among, composed=composed, with_parts=self.tells_parts
        )
        coverage = press_strokes(rng, written.coverage, self.pen)
        other = self._neighbour(rng, path, side) if rng.random() < self.traces.neighbour else None
        image = photograph(rng, coverage, self.pen, self.paper, self.traces, other)
        tags = {"hand": family.hand, "font": family.name, "layout": "syllable"}
        return Sample(image, text, group=family.name, origin=Origin.SYNTHETIC, parts=written.parts, tags=tags)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return self.side_px, self.side_px

    def fingerprint(self) -> str:
        names = " ".join(path.name for _, path in self.fonts)
        digest = hashlib.sha256(names.encode()).hexdigest()[:8]
        return f"hangul: {len(self.syllables)} syllables, {len(self.families)} font families, {len(self.fonts)} files ({digest})"

    def drawn_texts(self, composed: bool = True) -> str:
        """Every syllable and lone jamo that may come up; with or without those put together of others' jamo."""
        return (self.exchange.texts() if self.exchange and composed else self.syllables) + self.jamo

    def draw_text(self, rng: np.random.Generator) -> str:
        """A syllable or a lone jamo, as often as the config says."""
        if not self.syllables or rng.random() < self.lone_jamo_probability:
            return self.jamo[int(rng.integers(len(self.jamo)))]
        return self.syllables[min(int(np.searchsorted(self.limits, rng.random())), len(self.syllables) - 1)]

    def _draw(self, rng: np.random.Generator) -> tuple[str, FontFamily, Path]:
        text = self.draw_text(rng)
        for _ in range(FONT_ATTEMPTS):
            printed = self.by_hand["print"] and (not self.by_hand["handwriting"] or rng.random() < self.print_probability)
            members = self.by_hand["print" if printed else "handwriting"]
            family = members[int(rng.integers(len(members)))]
            path = family.files[int(rng.integers(len(family.files)))]
            if can_draw(path, text):
                return text, family, path
        return self._any_font(text, rng)

    def _find(self, index: int, rng: np.random.Generator) -> tuple[str, FontFamily, Path]:
        """The text and the font of an index of val and test."""
        number, place = divmod(shuffled(index % len(self), len(self), seed=0), len(self.all_texts))
        text, family = self.all_texts[place], self.families[number]
        path = family.files[int(rng.integers(len(family.files)))]
        return (text, family, path) if can_draw(path, text) else self._any_font(text, rng)

    def _any_font(self, text: str, rng: np.random.Generator) -> tuple[str, FontFamily, Path]:
        able = [(family, path) for family, path in self.fonts if can_draw(path, text)]
        if not able:
            raise UserError(f"no font of the {self.split} split can draw {text}: add fonts (data.fonts), or leave it out")
        return text, *able[int(rng.integers(len(able)))]

    def _neighbour(self, rng: np.random.Generator, path: Path, side: int) -> np.ndarray | None:
        text = self.draw_text(rng)
        return write_syllable(rng, path, text, side, self.shape).coverage if can_draw(path, text) else None


def syllable_weights(syllables: str, *, uniform: float, words: float, rare_jamo: float) -> np.ndarray:
    """How often each syllable is drawn, float64 (count,) that sums to 1: a mixture of three ways by their weights.

    Args:
        syllables: each once.
        uniform: all alike.
        words: as in Korean texts (wordfreq); a syllable that they lack never.
        rare_jamo: so that the jamo of a place come to about the same number: inversely to how many syllables share them.
    """
    ways = [(uniform, np.ones(len(syllables)))]
    if words:
        counts = syllables_of_words()
        ways.append((words, np.array([counts[syllable] for syllable in syllables], float)))
    if rare_jamo:
        classes = hangul.classes_of(syllables)
        shared = [np.bincount(column, minlength=28)[column] for column in classes.T]
        ways.append((rare_jamo, 1.0 / np.prod(np.array(shared, float), axis=0)))
    if not any(weight and way.sum() for weight, way in ways):
        raise UserError("data.frequency: none of these syllables stands in Korean words; set data.frequency.uniform=1")
    total = sum(weight for weight, way in ways if way.sum())
    return sum((weight / total * way / way.sum() for weight, way in ways if way.sum()), np.zeros(len(syllables)))


@lru_cache(maxsize=1)
def syllables_of_words() -> dict[str, float]:
    """How often each syllable stands in Korean words, by their frequencies."""
    counts: dict[str, float] = defaultdict(float)
    for word, frequency in word_frequencies("ko"):
        for character in word:
            if character in hangul.SYLLABLES:
                counts[character] += frequency
    return counts
