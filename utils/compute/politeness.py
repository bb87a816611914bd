"""Programs that others shall not notice."""

import os
from pathlib import Path

AUTOGROUP = "/proc/self/autogroup"  # of Linux, which schedules sessions rather than processes where it is set so


def give_way(niceness: int) -> None:
    """Lets this process have what other processes leave.

    Args:
        niceness: 0 to 19; it never falls again. Nothing happens on systems that do not know of it.
    """
    if not hasattr(os, "nice"):
        return
    os.nice(max(0, niceness - os.nice(0)))
    if os.getsid(0) == os.getpid() and os.access(AUTOGROUP, os.W_OK):  # of a session of its own, not of the terminal's
        try:
            Path(AUTOGROUP).write_text(str(niceness), encoding="ascii")
        except OSError:  # it may be read-only in a container; then the niceness counts within the session alone
            return
