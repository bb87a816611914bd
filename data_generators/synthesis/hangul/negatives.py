"""Pictures of no syllable: what a reader of syllables must not take for one."""

from pathlib import Path

import cv2
import numpy as np

from base.errors import EmptySplit
from data_generators.sources.hangul import HangulSource
from data_generators.synthesis.hangul.syllables import blot, photograph, press_strokes, write_syllable
from data_generators.synthesis.writing.fonts import FontFamily, can_draw, find_families

# Letters and digits that no jamo looks like; O, l, T, L, E, H, U and others could be one.
LETTERS = "ABDGKMNPQRSWXYZabdefghkmnpqrsty2345689&@#%$?"
LARGEST_GRID = 14  # syllables across a picture of many


class Negatives:
    """Letters of another script, several syllables at once, scribbles and stains, with the pens and papers of a source.

    Args:
        source: gives syllables and ranges.
    """

    def __init__(self, source: HangulSource) -> None:
        self.source = source
        try:
            self.families: tuple[FontFamily, ...] = find_families(None, source.split)
        except EmptySplit:
            self.families = ()

    def picture(self, rng: np.random.Generator) -> np.ndarray:
        """uint8 (H, W)."""
        kind = rng.random()
        if kind < 0.4 and (letters := self._letters(rng)) is not None:
            return self._written(rng, letters)
        if kind < 0.75:
            return self._many(rng)
        side = self.source.side_px
        return self._written(rng, self._scribble(rng, side) if kind < 0.92 else blot(rng, side))

    def _written(self, rng: np.random.Generator, coverage: np.ndarray) -> np.ndarray:
        source = self.source
        return photograph(rng, press_strokes(rng, coverage, source.pen), source.pen, source.paper, source.traces, None)

    def _letters(self, rng: np.random.Generator) -> np.ndarray | None:
        """A letter, or up to three beside each other; None where there is no font for them."""
        if not self.families:
            return None
        count = int(rng.choice([1, 1, 1, 2, 3]))
        family = self.families[int(rng.integers(len(self.families)))]
        path = family.files[int(rng.integers(len(family.files)))]
        able = [letter for letter in LETTERS if can_draw(path, letter)]
        return np.concatenate([self._letter(rng, path, able) for _ in range(count)], axis=1) if able else None

    def _letter(self, rng: np.random.Generator, path: Path, able: list[str]) -> np.ndarray:
        letter = able[int(rng.integers(len(able)))]
        return write_syllable(rng, path, letter, self.source.side_px, self.source.shape).coverage

    def _many(self, rng: np.random.Generator) -> np.ndarray:
        """Syllables side by side, or a whole page of them."""
        rows, columns = (1, 2) if rng.random() < 0.3 else rng.integers(1, LARGEST_GRID + 1, 2).tolist()
        if rows * columns == 1:
            rows = 2
        few = [self.source.sample(int(rng.integers(len(self.source))), rng).image for _ in range(min(6, rows * columns))]
        picks = rng.integers(0, len(few), (rows, columns))
        side = max(10, min(few[0].shape[0], 200 // max(rows, columns)))
        small = [cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA) for image in few]
        return np.concatenate([np.concatenate([small[place] for place in row], axis=1) for row in picks])

    def _scribble(self, rng: np.random.Generator, side: int) -> np.ndarray:
        """A few strokes without sense."""
        coverage = np.zeros((side, side), np.uint8)
        for _ in range(int(rng.integers(1, 6))):
            knots = rng.uniform(0.1, 0.9, (int(rng.integers(2, 7)), 2)) * side
            along = np.linspace(0, len(knots) - 1, 24)
            points = np.stack([np.interp(along, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], axis=1)
            smooth = cv2.GaussianBlur(points, (1, 5), 1.2) if rng.random() < 0.7 else points
            cv2.polylines(coverage, [smooth.round().astype(np.int32)], False, 255, int(rng.integers(2, 6)), cv2.LINE_AA)
        return coverage
