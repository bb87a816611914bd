"""What data=synthetic can be asked for; ranges are [low, high]."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from base.data_generator import SPLIT_NUMBERS
from base.errors import UserError
from base.registry import TEXT_SAMPLERS, unknown_name
from configs.data.eraser import Artifacts, Paper
from configs.data.shared.rules import check_weight
from utils.configuration.check import hold_against


@dataclass
class Family:
    """A typeface; see `data_generators.synthesis.writing.fonts.listed_families`."""

    hand: str  # handwriting, print
    split: str  # train, val, test
    files: list[str]  # folders of npm packages, or files below a folder of Debian's fonts


@dataclass
class Text:
    """What is written; see `data_generators.synthesis.writing.text.LineText`."""

    words: list[int]  # fewest and most in a line
    capitalised: float
    upper: float
    punctuated: float
    endings: dict[str, float]  # mark to weight; w stands for the word
    samplers: dict[str, dict[str, Any]]  # registered text sampler to its own values and weight


@dataclass
class Writing:
    """How hands vary; see `data_generators.synthesis.writing.hand.WritingRanges`. Lengths are x-heights."""

    x_height: list[float]  # of the image's height
    slant_degrees: list[float]
    slope_degrees: list[float]
    perspective: list[float]
    wander: list[float]
    baseline_jitter: list[float]
    glyph_height: list[float]
    glyph_width: list[float]
    bend: list[float]
    letter_spacing: list[float]
    word_spacing: list[float]
    margin: list[float]


@dataclass
class Pen:
    """How pens vary; see `data_generators.synthesis.pen.PenRanges`."""

    weight: list[float]  # x-heights
    pressure: list[float]  # x-heights
    contrast: list[float]  # part of the paper's light
    fade: list[float]
    dryness: list[float]
    hue_degrees: list[float]  # for data.colour
    saturation: list[float]  # for data.colour


@dataclass
class Outline:
    """How lines are cut out of pages; see `data_generators.synthesis.writing.outline.OutlineRanges`."""

    probability: float
    gap: list[float]  # x-heights
    step: list[float]  # x-heights


@dataclass
class Preset:
    """One kind of picture."""

    writing: Writing
    pen: Pen
    paper: Paper
    artifacts: Artifacts
    yellowing: list[float]  # for data.colour
    outline: Outline
    shadow_probability: float
    shadow_depth: list[float]  # part of the light


@dataclass
class Config:
    """Lines that never existed."""

    name: str
    source: str
    text: Text
    presets: dict[str, Preset]
    preset: str | None  # the name of one; None for all by weight
    weights: dict[str, float]  # preset to weight
    families: dict[str, Family] | None  # to font families, each in a split; None for those of `make fonts` by their names
    fonts: str | None  # folder of fonts
    print_probability: float
    languages: list[str]  # ISO 639-1
    charset: str | None  # file of characters
    characters: str | None  # the same, written out
    colour: bool
    height_px: int
    widest_px: int
    length: int  # lines that the source offers


def check(cfg) -> None:
    """Raises UserError for colour where it cannot be used."""
    if cfg.data.colour and cfg.mode.name != "generate":
        raise UserError("data.colour=true is for mode=generate: the networks read grey")


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for an unknown preset or sampler, or a range that is none; ``key`` is where the values stand."""
    check_pictures(key, data)
    if not data["languages"]:
        raise UserError(f"{key}.languages must not be empty")
    for name, own in data["text"]["samplers"].items():
        if name not in TEXT_SAMPLERS.names():
            raise UserError(f"{key}.text.samplers: " + unknown_name("text sampler", str(name), TEXT_SAMPLERS.names()))
        schema = importlib.import_module(f"configs.data.sampler.{name}")
        hold_against(OmegaConf.create(dict(own)), schema, prefix=f"{key}.text.samplers.{name}.")
        check_weight(f"{key}.text.samplers.{name}", own)
        if hasattr(schema, "check"):
            schema.check(f"{key}.text.samplers.{name}", own)
    if not any(own["weight"] > 0 for own in data["text"]["samplers"].values()):
        raise UserError(f"{key}.text.samplers: at least one weight must be above 0")
    for file in ("charset", "fonts"):
        if data[file] is not None and not Path(data[file]).exists():
            raise UserError(f"{key}.{file}={data[file]}: there is no such {'folder' if file == 'fonts' else 'file'}")
    check_range(f"{key}.text.words", data["text"]["words"])
    if data["text"]["words"][0] < 1:
        raise UserError(f"{key}.text.words={list(data['text']['words'])}: a line has at least 1 word")
    check_families(f"{key}.families", data["families"] or {})


def check_pictures(key: str, data: Mapping) -> None:
    """Raises UserError for an unknown preset, a canvas that is too small, or a range that is none."""
    for name in [data["preset"]] if data["preset"] else data["weights"]:
        if name not in data["presets"]:
            raise UserError(f"{key}.preset: " + unknown_name("preset", str(name), list(data["presets"])))
    if min(data["weights"].values(), default=0) < 0 or not (data["preset"] or sum(data["weights"].values())):
        raise UserError(f"{key}.weights: weights of 0 or more are needed, and one above 0")
    if data["height_px"] < 16 or data["widest_px"] < data["height_px"]:
        raise UserError(f"{key}.height_px={data['height_px']}: at least 16 is needed, and {key}.widest_px must not be smaller")
    for name, preset in data["presets"].items():
        if preset["writing"]["x_height"][0] <= 0:
            raise UserError(f"{key}.presets.{name}.writing.x_height: it must be above 0")
        for group in ("writing", "pen", "paper", "outline"):
            for value_name, value in preset[group].items():
                if not isinstance(value, float | int):
                    check_range(f"{key}.presets.{name}.{group}.{value_name}", value)


def check_families(key: str, families: Mapping) -> None:
    """Raises UserError for a family of an unknown hand or split."""
    for name, family in families.items():
        if family["hand"] not in ("handwriting", "print") or family["split"] not in SPLIT_NUMBERS:
            raise UserError(f"{key}.{name}: hand is handwriting or print, split is one of {', '.join(SPLIT_NUMBERS)}")


def check_range(where: str, value: Any) -> None:
    """Raises UserError for a range that is not [low, high]."""
    if len(value) != 2 or value[0] > value[1]:
        raise UserError(f"{where}={list(value)}: a range is [low, high]")
