"""Progress of long work, on a terminal and in a log."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

Item = TypeVar("Item")
TERMINAL_SECONDS, LOG_SECONDS = 0.3, 10.0


def progress(items: Iterable[Item], unit: str, total: int | None = None) -> Iterator[Item]:
    """Passes the items on and shows on stderr how many are done, how fast, and how long the rest will take.

    On a terminal the line is rewritten in place; elsewhere a line is written every ten seconds.
    """
    total = total if total is not None else len(items) if isinstance(items, Sized) else 0
    terminal = sys.stderr.isatty()
    begun = shown = time.perf_counter()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.perf_counter()
        if done == total or now - shown > (TERMINAL_SECONDS if terminal else LOG_SECONDS):
            shown = now
            pace = done / max(now - begun, 1e-9)
            end = "\n" if done == total or not terminal else ""
            print(
                f"{chr(13) if terminal else ''}{done}/{total} {unit}  {pace:.1f}/s  {(total - done) / pace:.0f} s left  ",
                end=end,
                file=sys.stderr,
                flush=True,
            )
