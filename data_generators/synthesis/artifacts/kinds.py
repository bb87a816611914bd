"""Every kind of artifact by its name, and the soiling of a page as ``configs/data/artifacts`` asks for."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from base.errors import UserError
from base.registry import unknown_name
from base.types import Ink
from data_generators.synthesis.artifacts import rules, stains
from data_generators.synthesis.artifacts.soiling import SoilablePage, Soiling
from data_generators.synthesis.ranges import choose
from data_generators.synthesis.strokes import SoilCanvas, StrokeRanges

Drawer = Callable[[Soiling], None]
DRAWERS: dict[Ink, tuple[Drawer, ...]] = {
    Ink.RULES: (
        rules.single_rule,
        rules.double_rule,
        rules.dotted_leader,
        rules.dashed_leader,
        rules.horizontal,
        rules.form_line,
        rules.margin,
        rules.box,
        rules.comb,
        rules.grid,
        rules.squared_paper,
    ),
    Ink.MARKS: (rules.underline, rules.strike_through),
    Ink.STAINS: (stains.smudge, stains.speckle, stains.stamp, stains.bleed_through),
    Ink.FOREIGN: (stains.spurious_word, stains.neighbour_lines),
}
KINDS = {drawer.__name__: (family, drawer) for family, drawers in DRAWERS.items() for drawer in drawers}


def soil(rng: np.random.Generator, page: SoilablePage, cfg: Any, *, channels: int) -> SoilCanvas:
    """Draws artifacts for a page.

    Args:
        rng: decides everything.
        page: the text that is there.
        cfg: the values of ``configs/data/artifacts/*.yaml``: ``picks`` says which kinds may come together and how
            often, ``stroke`` the ranges that hold for all kinds, ``kinds`` what differs for one of them.
        channels: 1 for grey, 3 for RGB.

    Returns:
        What the artifacts do to the light, and where they are.
    """
    canvas = SoilCanvas.blank((page.height, page.width), channels)
    if rng.random() < cfg["clean_probability"]:
        return canvas
    for pick in cfg["picks"].values():
        if rng.random() >= pick["probability"]:
            continue
        kind = choose(rng, pick["choose"])
        family, draw_kind = find_kind(kind)
        if family == Ink.FOREIGN and not page.is_crop:
            continue
        own = cfg["kinds"].get(kind) or {}
        draw_kind(Soiling(rng, page, canvas, family, stroke_ranges(cfg["stroke"], own), own))
        canvas.kinds.append(kind)
    if page.patches and rng.random() < cfg["patch_probability"]:
        page.patches.lay_one(rng, canvas)
    return canvas


def find_kind(kind: str) -> tuple[Ink, Drawer]:
    """The family of a kind of artifact and the function that draws it; raises UserError for an unknown name."""
    if kind not in KINDS:
        raise UserError(unknown_name("kind of artifact", kind, list(KINDS)))
    return KINDS[kind]


def stroke_ranges(common: Mapping[str, Any], own: Mapping[str, Any]) -> StrokeRanges:
    """The stroke ranges of a kind: the common ones, and where it states its own, those."""
    return StrokeRanges(**{f.name: tuple(own.get(f.name) or common[f.name]) for f in fields(StrokeRanges)})
