"""Lines that never existed: text of real languages, written by font, hand and pen on paper."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.synthesis.ranges import draw, split_of
from data_generators.synthesis.writing.fonts import FontFamily, all_families, can_draw_all, find_families, listed_families
from data_generators.synthesis.writing.hand import Strip, set_line
from data_generators.synthesis.writing.line_picture import Preset, Presets, picture_line, write_line
from data_generators.synthesis.writing.text import LineText, common_words
from preprocessing.text.charset import Charset
from preprocessing.text.hangul import SYLLABLES, has_jamo
from utils.configuration.values import plain

FONT_ATTEMPTS = 12
TEXT_ATTEMPTS = 30
WIDTH_PER_CHARACTER = 0.95  # x-heights, on average over the fonts


@SOURCES.register("synthetic")
class SyntheticSource(BaseSource):
    """Single lines of the configured height; fonts are disjoint between the splits by family.

    A sample knows its ink, pixel for pixel, the page without artifacts, and where its words and glyphs stand.

    Raises:
        UserError: no fonts, unknown languages, or a character of the charset that no font can draw.
    """

    endless = True

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        settings = plain(cfg)  # an OmegaConf node costs microseconds at every look
        self.length, self.height_px, self.widest_px = settings["length"], settings["height_px"], settings["widest_px"]
        self.colour = settings["colour"]
        self.print_probability = settings["print_probability"]
        folder = Path(cfg.fonts) if cfg.fonts else None
        families = listed_families(settings["families"], folder, split) if settings["families"] else find_families(folder, split)
        self.families = {hand: [family for family in families if family.hand == hand] for hand in ("handwriting", "print")}
        self.characters = self._find_characters()
        self.texts = LineText(settings["text"], settings["languages"], self.characters)
        self._check_languages()
        self.presets = Presets(settings["presets"], settings["preset"], settings["weights"])

    def __len__(self) -> int:
        return self.length

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        words, name, preset, x_height = self._choose(rng)
        words, family, path = self._find_font(rng, words)

        def set_words(count: int, word_spacing: float, letter_spacing: float) -> Strip:
            return set_line(path, words[:count], x_height, word_spacing=word_spacing, letter_spacing=letter_spacing)

        line = write_line(rng, words, set_words, x_height, preset, (self.height_px, self.widest_px))
        tags = {"hand": family.hand, "font": family.name, "preset": name}
        return replace(picture_line(rng, line, preset, self.colour, tags), group=family.name)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        """An estimate from the text alone; the same rng state gives the text of `sample`."""
        words, _, _, x_height = self._choose(rng)
        width = (len(" ".join(words)) + 1) * WIDTH_PER_CHARACTER * x_height
        return self.height_px, int(min(width, self.widest_px))

    def fingerprint(self) -> str:
        names = [family.name for members in self.families.values() for family in members]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]
        return f"synthetic: {len(names)} font families ({digest}), {self.presets}"

    def _choose(self, rng: np.random.Generator) -> tuple[list[str], str, Preset, float]:
        """What is written, the name and the ranges of the kind of page, and the x-height in pixels."""
        words = self.texts.sample(rng)
        name, preset = self.presets.draw(rng)
        return words, name, preset, draw(rng, preset.writing.x_height) * self.height_px

    def _find_font(self, rng: np.random.Generator, words: list[str]) -> tuple[list[str], FontFamily, Path]:
        """A font that can draw every character; other words where no font can."""
        for _ in range(TEXT_ATTEMPTS):
            characters = frozenset("".join(words))
            for _ in range(FONT_ATTEMPTS):
                family = self._draw_family(rng)
                path = family.files[int(rng.integers(len(family.files)))]
                if can_draw_all(path, characters):
                    return words, family, path
            fitting = [(family, path) for family, path in self._all_files() if can_draw_all(path, characters)]
            if fitting:
                return words, *fitting[int(rng.integers(len(fitting)))]
            words = self.texts.sample(rng)
        raise UserError(
            f"no font can draw texts such as {' '.join(words)!r}: add fonts (data.fonts), or set data.charset or data.languages"
        )

    def _draw_family(self, rng: np.random.Generator) -> FontFamily:
        printed = self.families["print"] and (not self.families["handwriting"] or rng.random() < self.print_probability)
        members = self.families["print" if printed else "handwriting"]
        return members[int(rng.integers(len(members)))]

    def _all_files(self) -> list[tuple[FontFamily, Path]]:
        return [(family, path) for members in self.families.values() for family in members for path in family.files]

    def _find_characters(self) -> frozenset[str] | None:
        """What may be written; None for everything. A file must not ask for what no font has; ``characters`` may."""
        if self.cfg.get("characters"):
            return frozenset(filter(self._can_draw, self.cfg.characters))
        if self.cfg.charset is None:
            return None
        charset = Charset.read(Path(self.cfg.charset))
        if charset.in_jamo:
            return frozenset(filter(self._can_draw, (*SYLLABLES, *(text for text in charset.characters if not has_jamo(text)))))
        characters = charset.characters
        for character in characters:
            if not self._can_draw(character):
                raise UserError(
                    f"{self.cfg.charset}: no font can draw {character!r} (U+{ord(character[0]):04X}): "
                    "take it out of the charset, or add a font that has it (data.fonts)"
                )
        return frozenset(characters)

    def _can_draw(self, character: str) -> bool:
        return any(can_draw_all(path, frozenset(character)) for _, path in self._all_files())

    def _check_languages(self) -> None:
        """Every language needs a font in this split: the families are split by their names, whatever they can draw."""
        for language in self.cfg.languages:
            characters = frozenset("".join(common_words(language)))
            if self.characters:
                characters &= self.characters
            if not any(can_draw_all(path, characters) for _, path in self._all_files()):
                folder = Path(self.cfg.fonts) if self.cfg.fonts else None
                able = [f for f in all_families(folder) if any(can_draw_all(path, characters) for path in f.files)]
                having = ", ".join(f"{family.name} ({split_of(family.name)})" for family in able) or "none at all"
                raise UserError(
                    f"data.languages: no font of the {self.split} split can write {language!r}; fonts that can: {having}. "
                    "Add families with data.fonts, or leave the split out with splits="
                )
