"""How much of a training is over: counted in steps, or in minutes."""

from pathlib import Path
from typing import Protocol

import numpy as np

ENDLESS = 10**9  # steps: what ends a training by the clock is the clock


class Budget(Protocol):
    """What a training may use up; schedules and mixtures follow the share of it that is used."""

    def share(self, step: int) -> float:
        """How much is used when a step begins, 0..1."""
        ...

    def most_epochs(self, steps_per_epoch: int) -> int:
        """More epochs than these are never trained."""
        ...

    def position(self, epoch: int, steps_per_epoch: int) -> str:
        """Where an epoch, from 1 on, stands in it: for people."""
        ...


class StepBudget:
    """So many steps: exact, whatever machine it runs on.

    Args:
        steps: of the whole training.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def share(self, step: int) -> float:
        return min(1.0, step / max(1, self.steps))

    def most_epochs(self, steps_per_epoch: int) -> int:
        return -(-self.steps // steps_per_epoch)

    def position(self, epoch: int, steps_per_epoch: int) -> str:
        return f"epoch {epoch}/{self.most_epochs(steps_per_epoch)}"


class TimeBudget:
    """So many seconds, by a clock that the training moves on and that the loader's processes read.

    The clock is sixteen bytes of a file, mapped into the memory of all of them: what is used, and what there is.

    Args:
        seconds: of the whole training.
        path: the clock's file; it is made where there is none.
        ends_at: by `time.perf_counter`, when all must be over, whatever took the time; what there is is then what is left. None
            where only training counts.
    """

    def __init__(self, seconds: float, path: Path, ends_at: float | None = None) -> None:
        self.path, self.ends_at = path, ends_at
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.stat().st_size != np.zeros(2).nbytes:
            np.zeros(2).tofile(path)
        self._open()
        self.seconds = seconds

    def _open(self) -> None:
        self._clock = np.memmap(self.path, np.float64, "r+", shape=(2,))

    @property
    def used_seconds(self) -> float:
        """What the clock shows."""
        return float(self._clock[0])

    @used_seconds.setter
    def used_seconds(self, seconds: float) -> None:
        self._clock[0] = seconds

    @property
    def seconds(self) -> float:
        """What there is in all."""
        return float(self._clock[1])

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        self._clock[1] = seconds

    def share(self, step: int) -> float:
        """By the clock, whichever step it is."""
        return min(1.0, self.used_seconds / max(self.seconds, 1e-9))

    def most_epochs(self, steps_per_epoch: int) -> int:
        return ENDLESS // steps_per_epoch

    def position(self, epoch: int, steps_per_epoch: int) -> str:
        return f"epoch {epoch}, {self.used_seconds / 60:.1f} of {self.seconds / 60:.3g} min"

    def __getstate__(self) -> tuple[Path, float | None]:
        return self.path, self.ends_at

    def __setstate__(self, state: tuple[Path, float | None]) -> None:
        self.path, self.ends_at = state
        self._open()
