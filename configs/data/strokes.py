"""What data=strokes can be asked for; ranges are [low, high]."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from configs.data.synthetic import Preset, check_pictures, check_range


@dataclass
class Nib:
    """How pens vary; see `data_generators.synthesis.writing.pen_strokes.NibRanges`."""

    width: list[float]  # x-heights
    broadening: list[float]  # part of the width
    slowness: list[float]  # part of the width
    taper: list[float]  # part of the width
    unevenness: list[float]  # x-heights
    turn_degrees: list[float]
    size: list[float]  # factor


@dataclass
class Config:
    """Lines from pen strokes."""

    name: str
    source: str
    root: str | None  # folder
    without_donors: list[str]
    presets: dict[str, Preset]
    preset: str | None  # the name of one; None for all by weight
    weights: dict[str, float]  # preset to weight
    words: list[int]  # fewest and most in a line
    line_probability: float
    charset: str | None  # file of characters
    height_px: int
    widest_px: int
    length: int  # lines that the source offers
    nib: Nib


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for values that the source cannot work with; ``key`` is where they stand."""
    if data["root"] is None:
        raise UserError(f"{key}.root= is missing: name the folder that holds the files of strokes")
    if not Path(data["root"]).is_dir():
        raise UserError(f"{key}.root={data['root']}: there is no such folder")
    if data["charset"] is not None and not Path(data["charset"]).exists():
        raise UserError(f"{key}.charset={data['charset']}: there is no such file")
    check_pictures(key, data)
    check_range(f"{key}.words", data["words"])
    if data["words"][0] < 1:
        raise UserError(f"{key}.words={list(data['words'])}: a line has at least 1 word")
    if not 0 <= data["line_probability"] <= 1:
        raise UserError(f"{key}.line_probability={data['line_probability']}: it is from 0 to 1")
    for name, value in data["nib"].items():
        check_range(f"{key}.nib.{name}", value)
    if data["nib"]["width"][0] <= 0 or data["nib"]["size"][0] <= 0:
        raise UserError(f"{key}.nib: width and size must be above 0")
