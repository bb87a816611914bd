"""What data=eraser can be asked for; ranges are [low, high]."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from base.errors import UserError
from base.registry import SOURCES, unknown_name
from configs.data.shared.files import Files, check_rules


@dataclass
class Pick:
    """Kinds of artifacts that exclude each other."""

    probability: float  # that one of them is drawn
    choose: dict[str, float]  # kind to weight


@dataclass
class Stroke:
    """What every drawn artifact varies in; see `data_generators.synthesis.strokes.StrokeRanges`."""

    thickness_px: list[float]
    contrast: list[float]  # part of the paper's light that the ink takes away
    fade: list[float]  # part of the ink lost where it is faintest
    breaks_per_1000px: list[float]
    break_px: list[float]
    tilt_degrees: list[float]
    curvature_px: list[float]
    hue_degrees: list[float]
    saturation: list[float]


@dataclass
class Artifacts:
    """What soils the pages."""

    patches: str | None  # folder of real artifacts
    patch_probability: float
    clean_probability: float  # pages left alone
    picks: dict[str, Pick]
    stroke: Stroke
    kinds: dict[str, Any]  # kind to its own ranges, which win over stroke's


@dataclass
class Rendering:
    """How synthetic text is written."""

    x_height_px: list[float]
    line_probability: float  # one line, on canvases that could hold several
    print_probability: float  # a print font instead of handwriting
    line_spacing: list[float]  # x-heights
    slant_degrees: list[float]
    baseline_jitter: list[float]  # x-heights
    word_gap: list[float]  # x-heights
    warp: list[float]  # x-heights
    boldness_px: list[float]
    ink_contrast: list[float]  # part of the paper's light that ink takes away
    ink_fade: list[float]  # part of that lost where the pen is lightest


@dataclass
class Paper:
    """Paper and scanner; see `data_generators.synthesis.paper.PaperRanges`."""

    tone: list[float]  # grey level
    shading: list[float]
    texture: list[float]  # grey levels
    noise: list[float]  # grey levels
    blur_px: list[float]
    jpeg_probability: float
    jpeg_quality: list[float]


@dataclass
class Config(Files):
    """Clean pages and how to soil them."""

    labels: str  # where the source folder has its texts
    name_pattern: str
    mixture: dict[str, dict[str, Any]]  # name to {source, weight, ...}
    fonts: str | None  # folder of fonts
    length: int  # pages that the synthetic source offers
    languages: list[str]  # ISO 639-1
    colour: bool
    shapes: list[list[int]]  # [images, height_px, width_px], in turn
    bleach_probability: float
    tone_probability: float
    validation_samples: int
    test_samples: int
    rendering: Rendering
    paper: Paper
    artifacts: Artifacts


def check(cfg) -> None:
    """Raises UserError for an unknown source, a range that is none, shapes that cannot be trained on."""
    data = cfg.data
    if data.root is not None and not Path(data.root).is_dir():
        raise UserError(f"data.root={data.root}: there is no such folder")
    check_rules("data", data)
    parts = data.mixture if data.source == "mixture" else {"data": {"source": data.source, "weight": 1.0}}
    if not parts:
        raise UserError("data.source=mixture needs parts, such as '+data.mixture={a: {source: pages, weight: 1}}'")
    for name, part in parts.items():
        _check_part(name, part, data.root)
    if not data.shapes or not data.languages:
        raise UserError("data.shapes and data.languages must not be empty")
    if min(data.validation_samples, data.test_samples) < 1:
        raise UserError("data.validation_samples and data.test_samples must be at least 1")
    if cfg.mode.name in ("train", "demo"):
        _check_training(data)
    for shape in data.shapes:
        if len(shape) != 3 or min(shape) < 1:
            raise UserError(f"data.shapes: {list(shape)} is not [images, height_px, width_px]")
    ranges = {
        "rendering": data.rendering,
        "paper": data.paper,
        "artifacts.stroke": data.artifacts.stroke,
        **{f"artifacts.kinds.{kind}": own or {} for kind, own in data.artifacts.kinds.items()},
    }
    for where, values in ranges.items():
        for key, value in values.items():
            if not isinstance(value, float | int) and (len(value) != 2 or value[0] > value[1]):
                raise UserError(f"data.{where}.{key}={list(value)}: a range is [low, high]")


def _check_training(data) -> None:
    if data.colour:
        raise UserError("data.colour=true is for mode=generate: the networks read grey")
    shapes = [*data.shapes, *data.shapes[:1]]
    for (count, *size), (next_count, *next_size) in pairwise(shapes):
        if any(a == b for a, b in zip((count, *size), (next_count, *next_size), strict=True)):
            raise UserError(
                f"data.shapes: {[count, *size]} and {[next_count, *next_size]} follow each other and must differ in the number "
                "of images, in height and in width: Keras takes what they share for fixed"
            )


def _check_part(name: str, part: Mapping, root: str | None) -> None:
    if part.get("source") in (None, "mixture") or part.get("weight") is None:
        raise UserError(f"data.mixture.{name}: it must state a source (not mixture) and a weight")
    if part["source"] not in SOURCES.names():
        raise UserError("data.source: " + unknown_name("source", part["source"], SOURCES.names()))
    if part["source"] == "folder":
        folder = part.get("root") or (root and str(Path(root) / part.get("subfolder", "")))
        if folder is None:
            raise UserError("the source folder needs data.root=FOLDER")
        if not Path(folder).is_dir():
            raise UserError(f"data.root: there is no folder {folder}")
