"""What a run takes over from the bundle that it works with."""

from typing import Any

from omegaconf import OmegaConf

from base.bundle import Bundle

INHERITED = ("text_rules",)  # keys that mean the bundle's where a command leaves them null


def inherit(cfg: Any, bundle: Bundle) -> Any:
    """The config with the bundle's values where it states none."""
    taken = {key: bundle.config[key] for key in INHERITED if key in cfg and cfg[key] is None and key in bundle.config}
    return OmegaConf.merge(cfg, taken)
