"""What data=mixture can be asked for."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from base.errors import UserError
from base.registry import SOURCES, unknown_name
from utils.configuration.check import hold_against


@dataclass
class Config:
    """Sources and their weights."""

    name: str
    source: str
    root: str | None  # folder of the parts' subfolders
    mixture: dict[str, Any]  # name to the values of a source's config


def check(cfg) -> None:
    """Raises UserError for no parts, or a part that its own schema refuses."""
    if not cfg.data.mixture:
        raise UserError("data.mixture is empty: add parts, as in +data@data.mixture.mine=folder data.mixture.mine.root=DIR")
    for name, part in cfg.data.mixture.items():
        check_entry(f"data.mixture.{name}", part, cfg.data.root)


def check_entry(key: str, part: Mapping, root: str | None) -> None:
    """Holds one part against the schema of its source."""
    if not isinstance(part, Mapping) or part.get("name") is None:
        raise UserError(f"{key}: give it the values of a source, as in +data@{key}=folder")
    if part["name"] not in SOURCES.names() or part["name"] == "mixture":
        known = [name for name in SOURCES.names() if name != "mixture"]
        raise UserError(f"{key}: " + unknown_name("source", str(part["name"]), known))
    weight = part.get("weight", 1.0)
    ends = list(weight) if isinstance(weight, Sequence) and not isinstance(weight, str) else [weight]
    if len(ends) not in (1, 2) or not all(isinstance(end, float | int) and end >= 0 for end in ends) or max(ends) == 0:
        raise UserError(f"{key}.weight={weight}: a weight above 0 is needed, or a pair for the start and the end of a training")
    schema = importlib.import_module(f"configs.data.{part['name']}")
    own = {name: value for name, value in part.items() if name not in ("weight", "subfolder")}
    hold_against(OmegaConf.create(own), schema, prefix=f"{key}.")
    if part.get("subfolder") is not None:
        around = part.get("root") or root
        if around is None:
            raise UserError(f"{key}.subfolder={part['subfolder']}: data.root= is missing, the folder that holds it")
        own["root"] = str(Path(around) / part["subfolder"])
    schema.check_part(key, own)
