"""Lines cut from pages that ALTO XML, versions 2 to 4 describes."""

import numpy as np

from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.page_lines import PageLines
from preprocessing.alto import parse_alto


@SOURCES.register("alto")
class AltoSource(BaseSource):
    """The text lines of all XML files below ``data.root``, in reading order, level along their baselines.

    A page's image is decoded for each line that is asked for out of order: convert pages to lines once
    (``mode=convert``) before a training.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.lines = PageLines(cfg, split, parse_alto)
        self.left_out = self.lines.left_out

    def __len__(self) -> int:
        return len(self.lines.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        return self.lines.sample(index)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return self.lines.size(index)

    def where(self, index: int) -> str:
        return self.lines.where(index)

    def fingerprint(self) -> str:
        return f"alto:{self.lines.fingerprint()}"
