"""From a data config to sources: one a split, every sample counted once."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from base.data_generator import SPLIT_NUMBERS
from base.errors import EmptySplit, UserError
from base.registry import SOURCES
from base.source import BaseSource, LeftOut
from base.types import Sample
from utils.files.images import UnreadableImage


class Joined(BaseSource):
    """Sources one after the other, so that each of their samples has one index.

    Args:
        pieces: the sources, at least one.
        most_synthetic: how many samples of a piece that makes them up count; None for as many as it offers.
    """

    def __init__(self, pieces: list[BaseSource], most_synthetic: int | None = None) -> None:
        super().__init__(pieces[0].cfg, pieces[0].split)
        self.pieces = pieces
        self.limits = np.cumsum([count_of(piece, most_synthetic) for piece in pieces])
        self.left_out = [left_out for piece in pieces for left_out in piece.left_out]

    def __len__(self) -> int:
        return int(self.limits[-1])

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        piece, place = self._find(index)
        return piece.sample(place, rng, canvas_HW)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        piece, place = self._find(index)
        return piece.size(place, rng)

    def text(self, index: int) -> str:
        piece, place = self._find(index)
        return piece.text(place)

    def where(self, index: int) -> str:
        piece, place = self._find(index)
        return piece.where(place)

    def encoded(self, index: int) -> tuple[bytes, str] | None:
        piece, place = self._find(index)
        return piece.encoded(place)

    def extras(self, index: int) -> dict[str, bytes]:
        piece, place = self._find(index)
        return piece.extras(place)

    def fingerprint(self) -> str:
        return " + ".join(piece.fingerprint() for piece in self.pieces)

    def _find(self, index: int) -> tuple[BaseSource, int]:
        number = int(np.searchsorted(self.limits, index, side="right"))
        return self.pieces[number], index - int(self.limits[number - 1] if number else 0)


def concatenated(mixture: BaseSource, most_synthetic: int | None = None) -> Joined:
    """The parts of a mixture one after the other."""
    return Joined(list(mixture.parts().values()), most_synthetic)


class Subset(BaseSource):
    """Some samples of a source.

    Args:
        source: of finite length.
        kept: their indexes.
        left_out: what is said of the others.
        sizes: int (count, 2), heights and widths of those that are kept, where the source does not know them as they will be
            used; None leaves it to the source.
    """

    def __init__(self, source: BaseSource, kept: np.ndarray, left_out: list[LeftOut], sizes: np.ndarray | None = None) -> None:
        super().__init__(source.cfg, source.split)
        self.source, self.kept, self.sizes = source, kept, sizes
        self.left_out = [*source.left_out, *left_out]

    def __len__(self) -> int:
        return len(self.kept)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        return self.source.sample(int(self.kept[index]), rng, canvas_HW)

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        if self.sizes is not None:
            height, width = self.sizes[index].tolist()
            return height, width
        return self.source.size(int(self.kept[index]), rng)

    def text(self, index: int) -> str:
        return self.source.text(int(self.kept[index]))

    def where(self, index: int) -> str:
        return self.source.where(int(self.kept[index]))

    def extras(self, index: int) -> dict[str, bytes]:
        return self.source.extras(int(self.kept[index]))

    def encoded(self, index: int) -> tuple[bytes, str] | None:
        return self.source.encoded(int(self.kept[index]))

    def fingerprint(self) -> str:
        return self.source.fingerprint()


def count_of(source: BaseSource, most_synthetic: int | None) -> int:
    """How many samples of a source are looked at, if no more than ``most_synthetic`` are to be made up."""
    return min(len(source), most_synthetic) if source.endless and most_synthetic is not None else len(source)


def all_left_out(sources: Iterable[BaseSource]) -> list[LeftOut]:
    """What the sources of several splits do not offer, each once: they have seen the same files."""
    return list(dict.fromkeys(left_out for source in sources for left_out in source.left_out))


def open_sources(cfg: Any, splits: list[str], most_synthetic: int | None = None) -> dict[str, BaseSource]:
    """The source of each split that has samples.

    Args:
        cfg: the data config.
        splits: of train, val and test.
        most_synthetic: for `Joined`.

    Raises:
        UserError: the data cannot be used, or none of the splits has samples.
    """
    sources: dict[str, BaseSource] = {}
    empty: list[EmptySplit] = []
    for split in splits:
        try:
            source = SOURCES.get(cfg.source)(cfg, split)
        except EmptySplit as reason:
            empty.append(reason)
        else:
            sources[split] = source if len(source.parts()) == 1 else concatenated(source, most_synthetic)
    if not sources:
        raise empty[0]
    return sources


def states_splits(cfg: Any) -> bool:
    """Whether a data config or its data say which samples are to be held back; splits that would be drawn are not stated.

    Raises:
        UserError: the data cannot be used.
    """
    if "split" not in cfg or cfg.split.by != "auto":
        return True
    try:
        open_sources(OmegaConf.merge(cfg, {"split": {"by": "given"}}), list(SPLIT_NUMBERS))
    except EmptySplit:
        return False
    return True


def sample_or_reason(source: BaseSource, index: int) -> Sample | UnreadableImage:
    """A sample, or why its image cannot be read."""
    try:
        return source.sample(index, sample_rng(1, source.split, index))
    except UserError as error:
        return UnreadableImage(str(error))


def sample_rng(seed: int, split: str, index: int) -> np.random.Generator:
    """The random numbers of one sample: they follow from seed, split and index alone, as `BaseDataGenerator.rng` does."""
    return np.random.default_rng([seed, SPLIT_NUMBERS[split], index])
