"""Values of config groups outside of Hydra, for use from Python."""

from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf

from base.registry import ROOT
from utils.values import plain


def with_defaults(group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of ``configs/<group>/<name>.yaml``, and of the files that it builds on, under the given ones."""
    return {**_values_of(group, values["name"]), **dict(values)}


def _values_of(group: str, name: str) -> dict[str, Any]:
    path = ROOT / "configs" / group / f"{name}.yaml"
    if not path.is_file():
        return {}  # the registry says which names there are
    own = plain(OmegaConf.load(path))  # type: ignore[arg-type]
    below = [entry for entry in own.pop("defaults", []) if entry != "_self_"]
    merged: dict[str, Any] = {}
    for entry in below:
        merged |= _values_of(group, entry)
    return merged | own
