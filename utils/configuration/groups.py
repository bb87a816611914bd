"""Values of config groups outside of Hydra, for use from Python."""

import importlib
from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf

from base.errors import UserError
from base.registry import ROOT, unknown_name
from utils.configuration.check import hold_against
from utils.configuration.values import plain


def with_defaults(group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of ``configs/<group>/<name>.yaml``, and of the files that it builds on, under the given ones.

    Raises:
        UserError: they have no name, or do not fit the schema beside the file.
    """
    if "name" not in values:
        raise UserError(f"{group}={dict(values)}: it needs a name")
    path = ROOT / "configs" / group / f"{values['name']}.yaml"
    if not path.is_file():
        raise UserError(unknown_name(group, str(values["name"]), [file.stem for file in path.parent.glob("*.yaml")]))
    merged = {**_values_of(group, values["name"]), **dict(values)}
    hold_against(OmegaConf.create(merged), importlib.import_module(f"configs.{group}.{values['name']}"), prefix=f"{group}.")
    return merged


def _values_of(group: str, name: str) -> dict[str, Any]:
    own = plain(OmegaConf.load(ROOT / "configs" / group / f"{name}.yaml"))  # type: ignore[arg-type]
    below = [entry for entry in own.pop("defaults", []) if entry != "_self_"]
    merged: dict[str, Any] = {}
    for entry in below:
        merged |= _values_of(group, entry.removesuffix("@_here_"))
    return merged | own
