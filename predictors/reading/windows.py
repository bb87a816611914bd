"""Pictures in the portions that are loaded while a network works on those before."""

from collections.abc import Iterable, Iterator
from typing import Any

from base.predictor import BREAK


def windows(pictures: Iterable[Any], most: int) -> Iterator[list[Any]]:
    """Portions of up to ``most`` pictures, none of them empty; none goes on after a `BREAK`."""
    window: list[Any] = []
    for picture in pictures:
        if picture is not BREAK:
            window.append(picture)
        if window and (picture is BREAK or len(window) == most):
            yield window
            window = []
    if window:
        yield window
