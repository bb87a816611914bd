"""Loops that numba compiles where it is installed, and Python runs where it is not."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function compiled at its first call and kept on disk; itself without numba, with the same results, slowly."""
    try:
        import numba
    except ImportError:
        return function
    fast: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return fast
