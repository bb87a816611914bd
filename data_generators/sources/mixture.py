"""Several sources as one, by weight."""

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

from base.errors import EmptySplit, UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from utils.configuration.values import plain

Weight = float | Sequence[float]


@SOURCES.register("mixture")
class MixtureSource(BaseSource):
    """Draws each sample from one of ``data.mixture``: a dict of name to ``{source, weight, ...}``.

    An entry holds the values of its source's own config, or takes those that it does not state from the config around
    it. ``subfolder`` names a folder below ``data.root``. A weight that is a pair changes from the first to the second in
    the course of a training. Other splits than ``train`` are drawn in the same proportions.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        settings = plain(cfg)
        parts = settings.pop("mixture")
        if not parts:
            raise UserError(
                "data.mixture is empty: add a part, such as +data@data.mixture.mine=folder data.mixture.mine.root=DIR"
            )
        found = {}
        for name, part in parts.items():
            try:
                found[name] = (self._open(settings, part), part.get("weight", 1.0))
            except EmptySplit as reason:  # the other parts may have samples of this split
                empty = reason
        if not found:
            raise empty
        self._take(found)

    @classmethod
    def of(cls, parts: Mapping[str, tuple[BaseSource, Weight]]) -> "MixtureSource":
        """The mixture of sources that are open already, each with its weight."""
        first = next(iter(parts.values()))[0]
        mixture = cls.__new__(cls)
        BaseSource.__init__(mixture, first.cfg, first.split)
        mixture._take(parts)
        return mixture

    def _take(self, parts: Mapping[str, tuple[BaseSource, Weight]]) -> None:
        self.names, self.sources = list(parts), [source for source, _ in parts.values()]
        self.left_out = [left_out for source in self.sources for left_out in source.left_out]
        weights = [[weight, weight] if isinstance(weight, float | int) else list(weight) for _, weight in parts.values()]
        self.weights = np.array(weights, dtype=float)
        self.limits = limits_at(self.weights, 0.0)

    def _open(self, around: dict, part: dict) -> BaseSource:
        """The source of an entry, with the values of the config around it where it states none."""
        own = {**around, **part}
        if "subfolder" in part:
            own["root"] = str(Path(part.get("root") or around["root"]) / part["subfolder"])
        return SOURCES.get(part["source"])(OmegaConf.create(own), self.split)

    def at(self, progress: float) -> "MixtureSource":
        """The mixture with the weights of a point of the training."""
        then = copy(self)
        then.limits = limits_at(self.weights, progress)
        return then

    def with_parts(self, parts: list[BaseSource]) -> "MixtureSource":
        """The mixture of other sources in the places of its own."""
        other = copy(self)
        other.sources = parts
        other.left_out = [left_out for part in parts for left_out in part.left_out]
        return other

    def __len__(self) -> int:
        return sum(len(source) for source in self.sources)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        source, place = self.locate(index, rng)
        return source.sample(place, rng, canvas_HW)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        source, place = self.locate(index, rng)
        return source.size(place, rng)

    def parts(self) -> dict[str, BaseSource]:
        return dict(zip(self.names, self.sources, strict=True))

    def fingerprint(self) -> str:
        return " + ".join(source.fingerprint() for source in self.sources)

    def locate(self, index: int, rng: np.random.Generator) -> tuple[BaseSource, int]:
        source = self.sources[min(int(np.searchsorted(self.limits, rng.random())), len(self.sources) - 1)]
        return source.locate(index % len(source), rng)


def limits_at(weights: np.ndarray, progress: float) -> np.ndarray:
    """float (parts,), where each part ends on a scale of 0 to 1, for weights (parts, 2) at a training's start and end."""
    now = weights[:, 0] + (weights[:, 1] - weights[:, 0]) * progress
    return np.cumsum(now / max(now.sum(), np.finfo(float).tiny))
