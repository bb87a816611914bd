"""What decoder=greedy can be asked for."""

from dataclasses import dataclass

from base.errors import UserError


@dataclass
class Config:
    """Nothing but its name."""

    name: str


def check(cfg) -> None:
    """Raises UserError for a task that reads nothing."""
    if cfg.get("task") is None or "text_rules" not in cfg:
        raise UserError(f"decoder={cfg.decoder.name} is for tasks that read, such as task=lines")
