"""Where Hydra finds the launchers and sweepers of this project."""

import os
import sys
from pathlib import Path

from base.registry import ROOT


def make_plugins_known(folder: Path) -> None:
    """Puts a folder with a package ``hydra_plugins`` where this process looks for modules, and those that it starts.

    Runs of a sweep are done in other processes, which need not begin in this project's folder.
    """
    sys.path.append(str(folder))
    before = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    own = [str(path) for path in (ROOT, folder) if str(path) not in before]
    os.environ["PYTHONPATH"] = os.pathsep.join([*before, *own])
