"""From a source's samples to a task's batches."""

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from base.fitting.budget import Budget
from base.fitting.ranks import ALONE, Ranks
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Batch, Sample

TRAINING_MODES = ("train", "fit")
SPLIT_NUMBERS = {"train": 0, "val": 1, "test": 2}


class BaseDataGenerator(ABC):
    """Prepares the samples of one split for a task.

    Everything follows from (seed, split, index): the same sample comes out in any worker, in any order, after any
    resume.

    Args:
        cfg: the values of ``configs/data/<name>.yaml``.
        split: ``train``, ``val`` or ``test``.
        seed: the run's seed.
        run: the whole config, for generators that need more of it than ``cfg``.
    """

    budget: Budget | None = None  # of the training, once there is one

    def __init__(self, cfg: Any, split: str, seed: int, run: Any = None) -> None:
        self.cfg = cfg
        self.split = split
        self.seed = seed
        self.run = run
        self.source: BaseSource = SOURCES.get(cfg.source)(cfg, split)

    @classmethod
    def of(cls, cfg: Any, split: str) -> "BaseDataGenerator":
        """Opens a split as the whole config says."""
        return cls(cfg.data, split, cfg.seed, cfg)

    def complete(self, cfg: Any) -> Any:
        """The config with what only the data know, such as the characters that a reader must tell apart."""
        return cfg

    def follow(self, budget: Budget) -> None:
        """Takes the budget of the training, in the course of which mixtures change."""
        self.budget = budget

    def share(self, step: int) -> float:
        """How much of the training is over at a step, 0..1 in hundredths; 0 where there is none.

        By the clock, processes that ask at about the same time get the same answer, and so plan the same batches.
        """
        return math.floor(100 * self.budget.share(step)) / 100 if self.budget else 0.0

    def rng(self, index: int) -> np.random.Generator:
        """The random numbers of one sample."""
        return np.random.default_rng([self.seed, SPLIT_NUMBERS[self.split], index])

    @abstractmethod
    def sample(self, index: int) -> Sample:
        """The sample of an index, 0 and up without end, with the truth that evaluation needs."""

    @abstractmethod
    def batch(self, step: int) -> Batch:
        """The batch of a training step, 0 and up without end."""

    def signature(self) -> list[Batch]:
        """Two batches that differ in every dimension in which batches ever do; none where all have one shape."""
        return []

    def dataset(self, first_step: int, steps: int, workers: int = 0, ranks: Ranks = ALONE) -> Any:
        """Batches ``first_step`` to ``first_step + steps - 1`` as a Grain dataset of (inputs, targets) for `fit`.

        Args:
            first_step, steps: which.
            workers: processes that make them; 0 makes them in threads of this one. The batches are the same, but
                by the clock those of a mixture that changes.
            ranks: which of several workers learns from them: its rows of each.
        """
        from base.fitting.loading import load_batches

        return load_batches(self, first_step, steps, workers, ranks)

    def fingerprint(self) -> str:
        """A short text that changes when the data do."""
        left_out = len(self.source.left_out)
        note = f", {left_out} samples left out (mode=check_data lists them)" if left_out else ""
        return f"{self.split}: {self.source.fingerprint()}{note}"
