"""The keys of mode=offline."""

from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError
from configs.mode.train import Mode

TASKS = ("lines", "words", "eraser", "hangul")


@dataclass
class Config:
    """What is packed, and where to."""

    mode: Mode
    output: str  # folder
    quality: int  # 1..100
    most_mib: float
    python: str  # version, such as 3.12
    overwrite: bool
    packages: list[str]


def check(cfg) -> None:
    """Raises UserError where there is nothing to pack."""
    if not 1 <= cfg.quality <= 100:
        raise UserError(f"quality={cfg.quality}: from 1 (small) to 100 (exact), such as 20")
    if cfg.most_mib <= 0:
        raise UserError(f"most_mib={cfg.most_mib}: more than 0")
    if cfg.task.name not in TASKS:
        raise UserError(f"task={cfg.task.name}: mode=offline packs what {', '.join(TASKS)} are trained on")
    parts = (cfg.data.get("mixture") or {"": cfg.data}).values()
    roots = [part.get("root") or cfg.data.get("root") for part in parts if "split" in part]
    if any(root is None for root in roots):
        raise UserError("data.root= is missing: name the folder that holds the sets (make offline SETS=DIR)")
    for root in roots:
        if not Path(root).is_dir():
            raise UserError(f"data.root={root}: there is no such folder (make offline SETS=DIR)")
