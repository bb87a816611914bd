"""The same work on many samples, in several processes, with the results in order."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

import numpy as np

from base.fitting.processes import end_with_the_parent
from base.source import BaseSource

Result = TypeVar("Result")
Work = Callable[[BaseSource, np.ndarray, Any], Any]
CHUNK = 64  # samples handed to a process at once
WAITING_A_PROCESS = 3  # chunks that may be ready before they are asked for

_source: BaseSource
_work: Work
_settings: Any


def in_chunks(
    source: BaseSource, indices: range, work: Callable[[BaseSource, np.ndarray, Any], Result], settings: Any, processes: int
) -> Iterator[tuple[int, Result]]:
    """Results of ``work(source, indices of a chunk, settings)``, in order, each with the number of its samples.

    Args:
        source: travels to the processes as it is, so that nothing is indexed twice.
        indices: which samples.
        work: a function of a module, not of another function.
        settings: what else it needs; small.
        processes: 1 works in this process.
    """
    starts = range(0, len(indices), CHUNK)
    if processes == 1:
        for start in starts:
            chunk = np.asarray(indices[start : start + CHUNK])
            yield len(chunk), work(source, chunk, settings)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(source, work, settings)) as pool:
        waiting: deque[Future] = deque()
        try:
            for start in starts:
                waiting.append(pool.submit(_run, np.asarray(indices[start : start + CHUNK])))
                if len(waiting) >= WAITING_A_PROCESS * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _begin(source: BaseSource, work: Work, settings: Any) -> None:
    global _source, _work, _settings
    import cv2

    cv2.setNumThreads(1)  # the processes share the cores out among themselves
    end_with_the_parent()
    _source, _work, _settings = source, work, settings


def _run(chunk: np.ndarray) -> tuple[int, Any]:
    return len(chunk), _work(_source, chunk, _settings)
