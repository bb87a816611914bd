"""Values of config groups outside of Hydra, for use from Python."""

import importlib
from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from base.registry import ROOT, unknown_name
from utils.configuration.check import hold_against
from utils.configuration.command_line import head_comment


def with_defaults(group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of ``configs/<group>/<name>.yaml``, and of the files that it builds on, under the given ones.

    Raises:
        UserError: they have no name, or do not fit the schema beside the file.
    """
    if "name" not in values:
        raise UserError(f"{group}={dict(values)}: it needs a name")
    path = ROOT / "configs" / group / f"{values['name']}.yaml"
    if not path.is_file():
        raise UserError(unknown_name(group, str(values["name"]), names_in(group)))
    merged = {**values_of(group, values["name"]), **dict(values)}
    hold_against(OmegaConf.create(merged), importlib.import_module(f"configs.{group}.{values['name']}"), prefix=f"{group}.")
    return merged


def names_in(group: str) -> list[str]:
    """What can stand in a group of the configs."""
    return sorted(path.stem for path in (ROOT / "configs" / group).glob("*.yaml"))


def purpose(group: str, name: str) -> str:
    """What a config is for, as its head comment says."""
    return head_comment(ROOT / "configs" / group / f"{name}.yaml")


def task_defaults(name: str) -> DictConfig:
    """The root's values as ``configs/config.yaml`` and ``configs/task/<name>.yaml`` have them; groups are left out."""
    root = OmegaConf.load(ROOT / "configs" / "config.yaml")
    own = OmegaConf.masked_copy(root, ["runtime"])  # type: ignore[arg-type]
    return OmegaConf.merge(own, values_of("task", name))  # type: ignore[return-value]


def values_of(group: str, name: str) -> dict[str, Any]:
    """The values of a config file, over those of the files of its group that it builds on."""
    own: Any = OmegaConf.to_container(OmegaConf.load(ROOT / "configs" / group / f"{name}.yaml"))
    below = [entry for entry in own.pop("defaults", []) if isinstance(entry, str) and entry != "_self_"]
    merged: dict[str, Any] = {}
    for entry in below:
        merged |= values_of(group, entry.removesuffix("@_here_"))
    return merged | own
