"""Config values as plain Python."""

from typing import Any

from omegaconf import DictConfig, OmegaConf


def plain(cfg: DictConfig) -> dict[str, Any]:
    """A resolved copy of a config mapping, of dicts, lists and scalars."""
    values = OmegaConf.to_container(cfg, resolve=True)
    if not isinstance(values, dict):
        raise TypeError(f"a mapping is needed, not {type(values).__name__}")
    return {str(key): value for key, value in values.items()}
