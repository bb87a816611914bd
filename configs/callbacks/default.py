"""What happens beside the training; null turns a callback off."""

from dataclasses import dataclass
from typing import Any

from base.errors import UserError


@dataclass
class Config:
    """Each callback's own values."""

    clock: dict[str, Any] | None  # of trainer.minutes
    validation: dict[str, Any]
    reduce_on_plateau: dict[str, float] | None  # patience_epochs, factor, lowest
    early_stopping: dict[str, int] | None  # patience_epochs
    pruning: dict[str, Any] | None
    gallery: dict[str, int] | None  # samples
    scalars: dict[str, Any] | None
    progress: dict[str, Any] | None
    checkpoint: dict[str, str]  # keep: best or last
    hand_over: dict[str, str] | None  # output; of mode=fit


KEYS = {
    "reduce_on_plateau": {"patience_epochs", "factor", "lowest"},
    "early_stopping": {"patience_epochs"},
    "gallery": {"samples"},
    "checkpoint": {"keep"},
    "hand_over": {"output"},
}


def check(cfg) -> None:
    """Raises UserError where a callback's values are not those that it takes."""
    if cfg.callbacks.gallery is not None and cfg.callbacks.gallery.get("samples", 1) < 1:
        raise UserError("callbacks.gallery.samples: at least 1; callbacks.gallery=null turns it off")
    if cfg.callbacks.checkpoint.get("keep", "best") not in ("best", "last"):
        raise UserError(f"callbacks.checkpoint.keep={cfg.callbacks.checkpoint.keep}: best or last")
    if cfg.callbacks.clock is None and cfg.get("trainer") is not None and cfg.trainer.minutes is not None:
        raise UserError("callbacks.clock=null: trainer.minutes needs the clock")
    for name, options in cfg.callbacks.items():
        wanted = KEYS.get(name, set())
        if options is not None and set(options) != wanted:
            raise UserError(
                f"callbacks.{name}: it takes {', '.join(sorted(wanted)) or 'no values'}, not {', '.join(options) or 'none'}"
            )
