"""What happens beside the training; null turns a callback off."""

from dataclasses import dataclass
from typing import Any

from base.errors import UserError


@dataclass
class Config:
    """Each callback's own values."""

    validation: dict[str, Any]
    reduce_on_plateau: dict[str, float] | None  # patience_epochs, factor, lowest
    early_stopping: dict[str, int] | None  # patience_epochs
    stop_after: dict[str, float] | None  # minutes
    gallery: dict[str, int] | None  # samples
    scalars: dict[str, Any] | None
    progress: dict[str, Any] | None
    checkpoint: dict[str, Any]


KEYS = {
    "reduce_on_plateau": {"patience_epochs", "factor", "lowest"},
    "early_stopping": {"patience_epochs"},
    "stop_after": {"minutes"},
    "gallery": {"samples"},
}


def check(cfg) -> None:
    """Raises UserError where a callback's values are not those that it takes."""
    if cfg.callbacks.gallery is not None and cfg.callbacks.gallery.get("samples", 1) < 1:
        raise UserError("callbacks.gallery.samples: at least 1; callbacks.gallery=null turns it off")
    if cfg.callbacks.stop_after is not None and cfg.callbacks.stop_after.get("minutes", 1) <= 0:
        raise UserError("callbacks.stop_after.minutes: more than 0; callbacks.stop_after=null turns it off")
    for name, options in cfg.callbacks.items():
        wanted = KEYS.get(name, set())
        if options is not None and set(options) != wanted:
            raise UserError(
                f"callbacks.{name}: it takes {', '.join(sorted(wanted)) or 'no values'}, not {', '.join(options) or 'none'}"
            )
