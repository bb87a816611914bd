"""What data=composed_pages can be asked for; ranges are [low, high]."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from base.registry import unknown_name
from configs.data.eraser import Artifacts, Paper
from configs.data.synthetic import check_range

LAYOUTS = ("block", "letter", "columns", "margin_notes", "table")


@dataclass
class Writing:
    """See `data_generators.synthesis.pages.composer.PageRanges`, and the ink."""

    x_height: list[float]
    line_spacing: list[float]
    slant_degrees: list[float]
    line_slope_degrees: list[float]
    wander: list[float]
    word_gap: list[float]
    margin: list[float]
    short_line_probability: float
    print_probability: float
    contrast: list[float]
    fade: list[float]


@dataclass
class Sheet:
    """See `data_generators.synthesis.pages.warp.SheetRanges`."""

    skew_degrees: list[float]
    curl: list[float]
    shrink: list[float]
    keystone: list[float]


@dataclass
class Config:
    """Whole pages that never existed."""

    name: str
    source: str
    fonts: str | None  # folder
    languages: list[str]  # ISO 639-1
    length: int
    page_HW: list[int]  # pixels
    layouts: dict[str, float]  # of LAYOUTS, weights
    shadow_probability: float
    writing: Writing
    sheet: Sheet
    paper: Paper
    artifacts: Artifacts


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for what no page can be made with; ``key`` is where the values stand."""
    for name in data["layouts"]:
        if name not in LAYOUTS:
            raise UserError(f"{key}.layouts: " + unknown_name("layout", str(name), list(LAYOUTS)))
    if not data["layouts"] or min(data["layouts"].values()) < 0 or not sum(data["layouts"].values()):
        raise UserError(f"{key}.layouts: weights of 0 or more are needed, and one above 0")
    if len(data["page_HW"]) != 2 or min(data["page_HW"]) < 256 or data["length"] < 1:
        raise UserError(
            f"{key}.page_HW={list(data['page_HW'])}: height and width of at least 256 px, and {key}.length at least 1"
        )
    if data["fonts"] is not None and not Path(data["fonts"]).is_dir():
        raise UserError(f"{key}.fonts={data['fonts']}: there is no such folder")
    for group in ("writing", "sheet", "paper"):
        for name, value in data[group].items():
            if not isinstance(value, float | int):
                check_range(f"{key}.{group}.{name}", value)
