"""Loops that numba compiles where it is installed, and Python runs where it is not."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function compiled at its first call and kept on disk; itself without numba, with the same results, slowly."""
    return _compile(function, "never")


def inlined(function: Function) -> Function:
    """The same for small functions that compiled ones call: they are written out in their place.

    Numba counts the references of every array that it passes on; a search with a language model takes half the time
    without that.
    """
    return _compile(function, "always")


def _compile(function: Function, inline: Any) -> Function:
    try:
        import numba
    except ImportError:
        return function
    fast: Any = numba.njit(cache=True, nogil=True, error_model="numpy", inline=inline)(function)
    return fast
