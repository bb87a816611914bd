"""What trainer=pages can be asked for."""

from dataclasses import dataclass

from base.errors import UserError
from configs.data.synthetic import check_range
from configs.trainer.eraser import Config as Fitting
from configs.trainer.eraser import check_fitting


@dataclass
class Pages:
    """How pages become batches."""

    pages: int
    crops: int
    crop_px: int
    zoom: list[float]
    tone_probability: float


@dataclass
class Config(Fitting):
    """How to fit."""

    ema_momentum: float
    pages: Pages


def check(cfg) -> None:
    """Raises UserError for another task, and for what cannot be trained with."""
    if cfg.task.name != "pages":
        raise UserError(f"trainer=pages trains finders of lines: use trainer={cfg.task.name} with task={cfg.task.name}")
    check_fitting(cfg)
    pages, stride = cfg.trainer.pages, 4 * 2**cfg.model.depth
    if min(pages.pages, pages.crops) < 1 or pages.crop_px % stride:
        raise UserError(
            f"trainer.pages: pages and crops must be at least 1, crop_px={pages.crop_px} a multiple of {stride} px (model.depth)"
        )
    check_range("trainer.pages.zoom", pages.zoom)
