"""The same work on many samples by the workers of a pool, with the results in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from base.errors import UserError
from base.source import BaseSource
from utils.compute.pools import Lost, Pool, Work

Result = TypeVar("Result")
CHUNK = 64  # samples handed to a worker at once


@dataclass(frozen=True)
class OnSamples:
    """What each worker has: the source travels to it as it is, so that nothing is indexed twice."""

    source: BaseSource
    work: Callable[[BaseSource, np.ndarray, Any], Any]
    settings: Any

    def __call__(self) -> Work:
        return self._all

    def _all(self, chunks: Iterable[np.ndarray]) -> Iterator[Any]:
        for chunk in chunks:
            yield self.work(self.source, chunk, self.settings)


def in_chunks(
    source: BaseSource, indices: range, work: Callable[[BaseSource, np.ndarray, Any], Result], settings: Any, pool: Pool
) -> Iterator[tuple[int, Result]]:
    """Results of ``work(source, indices of a chunk, settings)``, in order, each with the number of its samples.

    Args:
        source: travels to the workers.
        indices: which samples.
        work: a function of a module, not of another function.
        settings: what else it needs; small.
        pool: the workers.

    Raises:
        UserError: workers die on some samples.
    """
    chunks = [np.asarray(indices[start : start + CHUNK]) for start in range(0, len(indices), CHUNK)]
    for chunk, result in zip(chunks, pool.map(OnSamples(source, work, settings), chunks), strict=True):
        if isinstance(result, Lost):
            raise UserError(f"{source.where(int(chunk[0]))} and the {len(chunk) - 1} samples after it: {result.reason}")
        yield len(chunk), result
