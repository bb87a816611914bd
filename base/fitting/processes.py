"""Processes that must not outlive the one that began them."""

import multiprocessing
import multiprocessing.connection
import os
import threading


def end_with_the_parent() -> None:
    """Watches the parent process in a thread, and ends this one with it: a parent that is killed cannot stop its processes."""
    threading.Thread(target=_wait_for_the_parent, daemon=True).start()


def _wait_for_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
