"""Samples whose images cannot be read: one of them ends a run, unless ``data.on_problem=skip`` lets others stand in."""

import sys
from functools import cache

import numpy as np

from base.errors import UserError
from base.source import BaseSource
from base.types import Sample

MOST_IN_A_ROW = 100  # samples that cannot be read: then something else is wrong


def skips(source: BaseSource) -> bool:
    """Whether the config says of a source that what is broken in it is left out."""
    return source.cfg.get("on_problem") == "skip" and not source.endless


@cache
def tell(fault: str) -> None:
    """Says once in a process what is left out."""
    print(f"note: left out: {fault}", file=sys.stderr, flush=True)


def readable_sample(source: BaseSource, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
    """A sample of a source; where it cannot be read and may be skipped, the next one that can.

    Raises:
        UserError: it cannot be read, or so many in a row cannot.
    """
    part, place = source.locate(index, rng)
    for attempt in range(MOST_IN_A_ROW if skips(part) else 1):
        try:
            return part.sample((place + attempt) % len(part), rng, canvas_HW)
        except UserError as error:
            if not skips(part):
                raise
            tell(str(error))
            fault = error
    raise fault
