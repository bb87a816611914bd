"""Requests that wait for one model, answered together."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

GATHER_SECONDS = 0.005

AnswerBatch = Callable[[list[Any]], Iterable[Any]]


class Full(Exception):
    """Too many requests wait already."""


class BatchQueue:
    """A thread that takes whatever waits, up to a number, and has it answered together.

    While the model works on some requests, the next ones gather; then it waits for more for no longer than `GATHER_SECONDS`.

    Args:
        answer: maps inputs to as many results, one after the other; a result that is an exception goes to its own request.
            Where it fails, the requests that have no result yet are answered one by one.
        waiting: requests that may wait.
        at_once: requests that are answered together.
    """

    def __init__(self, answer: AnswerBatch, waiting: int, at_once: int) -> None:
        self._answer, self._at_once = answer, at_once
        self._queue: queue.Queue[tuple[Any, Future] | None] = queue.Queue(maxsize=waiting)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(self, value: Any) -> Future:
        """Takes a request; raises Full. A future that is cancelled before its turn is not worked on."""
        future: Future = Future()
        self._forget_cancelled()
        try:
            self._queue.put_nowait((value, future))
        except queue.Full as error:
            raise Full from error
        return future

    def _forget_cancelled(self) -> None:
        """Lets go of what nobody waits for any more: else it keeps its pixels, and the place of another, until its turn."""
        with self._queue.mutex:
            kept = [entry for entry in self._queue.queue if entry is None or not entry[1].cancelled()]
            gone = len(self._queue.queue) - len(kept)
            self._queue.queue.clear()
            self._queue.queue.extend(kept)
            self._queue.unfinished_tasks -= gone
            if gone:
                self._queue.not_full.notify(gone)

    def __len__(self) -> int:
        """Requests that wait."""
        return self._queue.qsize()

    def close(self) -> None:
        """Ends the thread once what waits is answered."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        is_open = True
        while is_open:
            entries = self._gather()
            is_open = None not in entries
            batch = [entry for entry in entries if entry is not None and entry[1].set_running_or_notify_cancel()]
            if batch:
                self._settle(batch)

    def _gather(self) -> list[tuple[Any, Future] | None]:
        """The next request, and those that come within a moment: clients that were just answered ask again at once."""
        entries, until = [self._queue.get()], time.monotonic() + GATHER_SECONDS
        while len(entries) < self._at_once:
            try:
                entries.append(self._queue.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                break
        return entries

    def _settle(self, batch: list[tuple[Any, Future]]) -> None:
        """Gives each request its result as soon as there is one; an error costs no other request anything."""
        try:
            results = iter(self._answer([value for value, _ in batch]))
            for _, future in batch:
                settle(future, next(results))
        except Exception as error:  # it goes to who asked, and the server stays up
            waiting = [entry for entry in batch if not entry[1].done()]
            if len(batch) == 1:
                settle(batch[0][1], error)
            else:
                for entry in waiting:
                    self._settle([entry])


def settle(future: Future, result: Any) -> None:
    """Gives a future its result, or its error."""
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
