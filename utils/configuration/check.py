"""Holds a composed config against the schemas that stand beside the YAML files."""

import importlib
from dataclasses import fields
from types import ModuleType

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ValidationError

from base.errors import UserError
from base.registry import ROOT, unknown_name
from utils.configuration.values import plain

GROUPS = ("data", "model", "decoder", "trainer", "callbacks", "cluster", "tracking")  # each a mapping of its own


def check(cfg: DictConfig) -> None:
    """Checks types, keys, and the rules between fields.

    A group's schema is the dataclass ``Config`` in ``configs/<group>/<name>.py``; its function ``check(cfg)``, where
    there is one, gets the whole config and raises UserError. What holds for data wherever they stand, in a mixture too,
    is in ``check_part(key, values)``; a mode that opens no data says ``DATA_IS_UNUSED``.

    Raises:
        UserError: one line that names the key.
    """
    mode = schema("mode", cfg.mode.name)
    if cfg.get("task") is None and not getattr(mode, "TASK_IS_OPTIONAL", False):
        raise UserError(f"task= is missing: choose one of {', '.join(_choices('task'))}")
    if cfg.get("data") is None and getattr(mode, "DATA_IS_NEEDED", False):
        raise UserError(f"data= is missing: choose one of {', '.join(_choices('data'))}")
    modules = [schema("config", "config"), mode, *([schema("task", cfg.task.name)] if cfg.get("task") else [])]
    known = [field.name for module in modules for field in fields(module.Config)]
    for key in cfg:
        if key not in (*known, *GROUPS):
            raise UserError(unknown_name("key", str(key), known))
    for module in modules:
        own = [str(key) for key in cfg if key in {field.name for field in fields(module.Config)}]
        hold_against(OmegaConf.masked_copy(cfg, own), module)
    for group in GROUPS:
        if cfg.get(group) is not None:
            module = schema(group, cfg[group].get("name", "default"))
            hold_against(cfg[group], module, prefix=f"{group}.")
            modules.append(module)
    opens_data = not getattr(mode, "DATA_IS_UNUSED", False)
    if opens_data and cfg.get("data") is not None and hasattr(data := schema("data", cfg.data.name), "check_part"):
        data.check_part("data", cfg.data)
    for module in modules:
        if hasattr(module, "check") and (opens_data or not module.__name__.startswith("configs.data.")):
            module.check(cfg)


def check_data(key: str, values: DictConfig) -> None:
    """Checks a data config that stands under another key than ``data``."""
    module = schema("data", values.get("name", "none"))
    hold_against(OmegaConf.create(plain(values)), module, prefix=f"{key}.")
    if hasattr(module, "check_part"):
        module.check_part(key, values)


def _choices(group: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / "configs" / group).glob("*.yaml"))


def schema(group: str, name: str) -> ModuleType:
    """The module with the schema of a config file; raises UserError where there is none."""
    module = "configs.config" if group == "config" else f"configs.{group}.{name}"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise UserError(f"{group}.name={name}: there is no schema {module.replace('.', '/')}.py; choose with {group}=") from error


def hold_against(values: DictConfig, module: ModuleType, *, prefix: str = "", is_whole: bool = True) -> None:
    """Raises UserError for a key that the module's ``Config`` does not have, a value of another type, or a missing one.

    Some keys may be missing where the values are not the whole (``is_whole=False``).
    """
    known = [field.name for field in fields(module.Config)]
    for key in map(str, values):
        if key not in known:
            raise UserError(unknown_name("key", f"{prefix}{key}", [f"{prefix}{name}" for name in known]))
    try:
        merged = OmegaConf.merge(OmegaConf.structured(module.Config), values)
        missing = sorted(OmegaConf.missing_keys(merged))
    except ConfigKeyError as error:
        raise UserError(f"unknown key {prefix}{error.full_key}") from error
    except (ValidationError, OmegaConfBaseException) as error:
        raise UserError(f"{prefix}{error.full_key}: {str(error).splitlines()[0]}") from error
    if missing and is_whole:
        raise UserError(f"{prefix}{missing[0]}= is missing: this command needs it")
