"""The same work on many items, here, in processes of this machine, or on a cluster; the results come in order."""

import multiprocessing
import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from base.errors import UserError
from base.fitting.processes import end_with_the_parent
from utils.compute.backend import forget_threads

Work = Callable[[Iterable[Any]], Iterator[Any]]  # a result for each item, in order
Begin = Callable[[], Work]  # what a worker does once, such as loading a model; an instance of a class of a module: it travels
Value = TypeVar("Value")
WAITING_A_WORKER = 3  # items that may be handed out or done before they are asked for


@dataclass(frozen=True)
class Lost:
    """Stands for the result of an item on which worker after worker died.

    Attributes:
        reason: what is known of it, in a line.
    """

    reason: str


class Opened(Generic[Value]):
    """A value that is open in this process; to another travels only how it is opened, which happens there when it is needed.

    Args:
        open_it: makes the value; it travels.
        value: where it is open already.
    """

    def __init__(self, open_it: Callable[[], Value], value: Value | None = None) -> None:
        self.open_it, self._value = open_it, value

    @property
    def value(self) -> Value:
        """What is open here."""
        if self._value is None:
            self._value = self.open_it()
        return self._value

    def __reduce__(self) -> tuple[Any, ...]:
        return Opened, (self.open_it,)


class Pool(ABC):
    """Workers that all do the same; what they do is the same wherever they are.

    Attributes:
        threads: processor threads that each worker should use; None for all.
    """

    threads: int | None = None

    @abstractmethod
    def map(self, begin: Begin, items: Iterable[Any]) -> Iterator[Any]:
        """Results in the order of the items, or a `Lost` each.

        Args:
            begin: makes the function that answers for items; called once a worker.
            items: no more are taken, or done before they are asked for, than a few for each worker.

        Raises:
            Exception: what the work itself raises for an item.
            UserError: no worker can begin.
        """


class Here(Pool):
    """This process: the work gets the items as they are asked for."""

    def map(self, begin: Begin, items: Iterable[Any]) -> Iterator[Any]:
        yield from begin()(items)


@dataclass
class Handed:
    """An item that a process is given."""

    item: Any
    future: Future | None = None

    def result(self) -> Any:
        """What comes of it; waits for it."""
        assert self.future is not None
        return self.future.result()


class Processes(Pool):
    """Processes of this machine, which share its cores out among themselves.

    A process that dies, as where the system runs out of memory, takes all others with it: what they worked on is done again,
    an item at a time, so that the one that cannot be done is found, and costs no other anything.

    Args:
        count: how many.
        threads: that all of them have together; None for those of the machine.
    """

    def __init__(self, count: int, threads: int | None = None) -> None:
        self.count = count
        self.threads = max(1, (threads or len(os.sched_getaffinity(0))) // count)

    def map(self, begin: Begin, items: Iterable[Any]) -> Iterator[Any]:
        coming = iter(items)
        waiting: deque[Handed] = deque()
        executor = self._executor(begin)
        try:
            while True:
                try:
                    while len(waiting) < WAITING_A_WORKER * self.count and (item := next(coming, _END)) is not _END:
                        waiting.append(Handed(item))  # first: where a process has died, nothing more is taken
                        waiting[-1].future = executor.submit(_run, item)
                    if not waiting:
                        return
                    result = waiting[0].result()
                except BrokenProcessPool:
                    executor.shutdown()
                    yield from self._alone(begin, [handed.item for handed in waiting])
                    waiting.clear()
                    executor = self._executor(begin)
                else:
                    waiting.popleft()
                    yield result
        finally:
            executor.shutdown(cancel_futures=True)

    def _alone(self, begin: Begin, items: list[Any]) -> Iterator[Any]:
        """Results of items that are worked on one after the other."""
        executor = self._executor(begin, 1)
        try:
            executor.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise UserError(f"processes={self.count}: no process can begin; is there enough memory? try processes=1") from error
        for item in items:
            try:
                yield executor.submit(_run, item).result()
            except BrokenProcessPool:
                executor.shutdown()
                executor = self._executor(begin, 1)
                yield Lost("the process that worked on it died, twice: is there enough memory?")
        executor.shutdown()

    def _executor(self, begin: Begin, count: int | None = None) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(count or self.count, context, initializer=_begin, initargs=(begin,))


def open_pool(cfg: Any, processes: int, shared: Path) -> Pool:
    """The workers that a config asks for.

    Args:
        cfg: the whole config, of which ``cluster`` and ``runtime.threads`` count.
        processes: of this machine, where ``cluster`` is none.
        shared: a folder in which workers write: they must all see the same.

    Raises:
        UserError: the cluster cannot be used.
    """
    if cfg.cluster.name == "ray":
        from utils.compute.ray_pool import RayPool  # Ray is an extra

        return RayPool(cfg.cluster, shared)
    return Here() if processes == 1 else Processes(processes, cfg.runtime.threads)


_END = object()
_begun: Begin
_work: Work | None = None


def _begin(begin: Begin) -> None:
    global _begun
    import cv2

    cv2.setNumThreads(1)  # the processes share the cores out among themselves
    forget_threads()
    end_with_the_parent()
    _begun = begin


def _run(item: Any) -> Any:
    global _work
    _work = _work or _begun()  # here, and not as the process begins: then an error is the item's
    return next(iter(_work([item])))
