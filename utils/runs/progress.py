"""Progress of long work, on a terminal and in a log."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

Item = TypeVar("Item")
TERMINAL_SECONDS, LOG_SECONDS = 0.3, 10.0
FEWEST = 3  # the first takes long: nothing is known before


class Progress:
    """Shows on stderr how many are done, how fast, and how long the rest will take.

    On a terminal the line is rewritten in place; elsewhere a line is written every ten seconds.

    Args:
        total: how many there are.
        unit: what they are called.
        done: how many were done before; they do not count for the pace.
    """

    def __init__(self, total: int, unit: str, done: int = 0) -> None:
        self.total, self.unit, self.done = total, unit, done
        self.terminal = sys.stderr.isatty()
        self.first = done
        self.begun = self.shown = time.perf_counter()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self.terminal and 0 < self.done < self.total:
            print(file=sys.stderr)

    def advance(self, number: int = 1) -> None:
        """Notes that some more are done."""
        self.done += number
        now = time.perf_counter()
        if self.done == self.total or now - self.shown > (TERMINAL_SECONDS if self.terminal else LOG_SECONDS):
            self.shown = now
            pace = (self.done - self.first) / max(now - self.begun, 1e-9)
            left = f"{(self.total - self.done) / pace:.0f} s left" if self.done - self.first >= FEWEST else "..."
            end = "\n" if self.done == self.total or not self.terminal else ""
            print(
                f"{chr(13) if self.terminal else ''}{self.done}/{self.total} {self.unit}  {pace:.1f}/s  {left}  ",
                end=end,
                file=sys.stderr,
                flush=True,
            )


def progress(items: Iterable[Item], unit: str, total: int | None = None) -> Iterator[Item]:
    """Passes the items on and shows how far it is."""
    shown = Progress(total if total is not None else len(items) if isinstance(items, Sized) else 0, unit)
    for item in items:
        yield item
        shown.advance()
