"""What data=hangul can be asked for; ranges are [low, high]."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from base.registry import unknown_name
from configs.data.eraser import Paper
from configs.data.synthetic import Family, Pen, check_families, check_range
from preprocessing.text.hangul import SETS

VARIATIONS = ("shape", "bend", "jamo", "pen", "paper", "traces")


@dataclass
class Frequency:
    """Weights of the ways to choose a syllable."""

    uniform: float
    words: float
    rare_jamo: float


@dataclass
class Shape:
    """See `data_generators.synthesis.hangul.syllables.ShapeRanges`."""

    size: list[float]
    aspect: list[float]
    slant_degrees: list[float]
    rotation_degrees: list[float]
    bend: list[float]
    bend_knots: list[int]
    jamo_probability: float
    jamo_shift: list[float]
    jamo_size: list[float]


@dataclass
class Traces:
    """Probabilities, 0..1."""

    rule: float
    neighbour: float
    scratch: float


@dataclass
class Config:
    """Syllables that never existed."""

    name: str
    source: str
    families: dict[str, Family]
    fonts: str | None  # folder
    syllables: str  # all, ks_x_1001, others, or a file
    frequency: Frequency
    lone_jamo_probability: float
    exchange_probability: float
    print_probability: float
    side_px: int
    train_without: list[str]  # of VARIATIONS
    length: int
    shape: Shape
    pen: Pen
    paper: Paper
    traces: Traces


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for what nothing can be drawn with; ``key`` is where the values stand."""
    check_syllables(f"{key}.syllables", data["syllables"])
    if min(data["frequency"].values()) < 0 or not sum(data["frequency"].values()):
        raise UserError(f"{key}.frequency: weights of 0 or more are needed, and one above 0")
    chances = {name: data[name] for name in ("lone_jamo_probability", "exchange_probability", "print_probability")}
    chances |= {f"traces.{name}": value for name, value in data["traces"].items()}
    chances |= {"shape.jamo_probability": data["shape"]["jamo_probability"]}
    for name, value in chances.items():
        if not 0.0 <= value <= 1.0:
            raise UserError(f"{key}.{name}={value}: a probability from 0 to 1 is needed")
    for name in data["train_without"]:
        if name not in VARIATIONS:
            raise UserError(f"{key}.train_without: " + unknown_name("variation", name, list(VARIATIONS)))
    if data["side_px"] < 32 or data["length"] < 1:
        raise UserError(f"{key}.side_px={data['side_px']}: at least 32 is needed, and {key}.length at least 1")
    if data["fonts"] is not None and not Path(data["fonts"]).is_dir():
        raise UserError(f"{key}.fonts={data['fonts']}: there is no such folder")
    check_families(f"{key}.families", data["families"])
    for group in ("shape", "pen", "paper"):
        for name, value in data[group].items():
            if not isinstance(value, float | int):
                check_range(f"{key}.{group}.{name}", value)
    if data["shape"]["bend_knots"][0] < 2:
        raise UserError(f"{key}.shape.bend_knots={list(data['shape']['bend_knots'])}: at least 2 are needed")
    if data["pen"]["contrast"][0] < 0 or data["pen"]["contrast"][1] > 1:
        raise UserError(f"{key}.pen.contrast={list(data['pen']['contrast'])}: parts from 0 to 1 are needed")
    if data["shape"]["size"][0] < 0.1 or data["shape"]["size"][1] > 1.0:
        raise UserError(f"{key}.shape.size={list(data['shape']['size'])}: parts of the side from 0.1 to 1 are needed")


def check_syllables(key: str, wanted: str) -> None:
    """Raises UserError for a set of syllables that is neither known nor a file."""
    if wanted not in SETS and not Path(wanted).is_file():
        raise UserError(f"{key}={wanted}: choose one of {', '.join(SETS)}, or name a file of characters")
