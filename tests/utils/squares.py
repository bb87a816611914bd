"""Work for pools; a module of its own, since workers elsewhere import it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError


@dataclass(frozen=True)
class Loud:
    """Does nothing, and answers with so many bytes: with more than Ray sends at once, they wait where they were made."""

    count: int = 2_000_000

    def __call__(self):
        return self._all

    def _all(self, numbers):
        for number in numbers:
            yield bytes([number % 256]) * self.count


@dataclass(frozen=True)
class Squares:
    """Squares numbers, in a folder that shows what was done; some numbers are not for everyone."""

    folder: Path
    deadly: int | None = None  # kills its worker
    deadly_once: int | None = None
    wrong: int | None = None  # is refused

    def __call__(self):
        (self.folder / f"begun_{os.getpid()}").touch()
        return self._all

    def _all(self, numbers):
        for number in numbers:
            mark = self.folder / f"died_on_{number}"
            if number == self.deadly or (number == self.deadly_once and not mark.exists()):
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if number == self.wrong:
                raise UserError(f"{number} is wrong")
            (self.folder / f"done_{number}").touch()
            yield number**2
