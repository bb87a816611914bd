"""Several sources as one, by weight."""

from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from utils.values import plain


@SOURCES.register("mixture")
class MixtureSource(BaseSource):
    """Draws each sample from one of ``data.mixture``: a dict of name to ``{source, weight, ...}``.

    ``subfolder`` names a folder below ``data.root``. What an entry does not state it takes from the data config
    around it. Other splits than ``train`` draw in the
    same proportions.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        settings = plain(cfg)
        parts = settings.pop("mixture")
        self.sources = [self._open(settings, part) for part in parts.values()]
        weights = np.array([part["weight"] for part in parts.values()], dtype=float)
        self.limits = np.cumsum(weights / weights.sum())

    def _open(self, around: dict, part: dict) -> BaseSource:
        """The source of an entry, with the values of the config around it where it states none."""
        own = {**around, **part}
        if "subfolder" in part:
            own["root"] = str(Path(around["root"]) / part["subfolder"])
        return SOURCES.get(part["source"])(OmegaConf.create(own), self.split)

    def __len__(self) -> int:
        return sum(len(source) for source in self.sources)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        source = self.sources[min(int(np.searchsorted(self.limits, rng.random())), len(self.sources) - 1)]
        return source.sample(index % len(source), rng, canvas_HW)

    def fingerprint(self) -> str:
        return " + ".join(source.fingerprint() for source in self.sources)
