"""A data generator's batches as what Keras's `fit` takes, made beside the training in threads or processes."""

import os
from collections.abc import Iterator
from typing import Any

import grain

from base.data_generator import BaseDataGenerator
from base.fitting.processes import end_with_the_parent
from base.fitting.ranks import ALONE, Ranks
from base.types import Batch

WAITING_A_WORKER = 4  # batches that a process may have ready before they are asked for


def load_batches(generator: BaseDataGenerator, first_step: int, steps: int, workers: int, ranks: Ranks) -> grain.IterDataset:
    """Batches ``first_step`` to ``first_step + steps - 1``, in their order, however many workers make them.

    Args:
        generator: makes them; it travels to the processes as it is.
        first_step, steps: which.
        workers: processes; 0 makes them in threads of this one.
        ranks: whose rows of them.
    """
    order = grain.MapDataset.range(first_step, first_step + steps).map(MakeBatch(generator, ranks))
    if workers == 0:
        threads = max(1, min(4, (os.cpu_count() or 1) // 2))
        batches = order.to_iter_dataset(grain.ReadOptions(num_threads=threads, prefetch_buffer_size=2 * threads + 2))
    else:
        parse_no_flags()
        reading = grain.ReadOptions(num_threads=1, prefetch_buffer_size=1)
        options = grain.MultiprocessingOptions(num_workers=workers, per_worker_buffer_size=WAITING_A_WORKER)
        batches = order.to_iter_dataset(reading).mp_prefetch(options, begin_worker)
    signature = [as_pair(batch, ALONE) for batch in generator.signature()]
    return Announced(batches, signature) if signature else batches


class MakeBatch(grain.transforms.Map):
    """A step to its batch, or this worker's rows of it."""

    def __init__(self, generator: BaseDataGenerator, ranks: Ranks) -> None:
        self.generator, self.ranks = generator, ranks

    def map(self, element: int) -> tuple[Any, Any]:
        return as_pair(self.generator.batch(element), self.ranks)


class Announced(grain.IterDataset):
    """Shows two batches that differ in all that varies, and then, whenever it is asked again, what is really there.

    Keras on TensorFlow takes a dimension in which the first two batches agree for a fixed one, and looks at them before
    `fit` begins.
    """

    def __init__(self, batches: grain.IterDataset, signature: list[tuple[Any, Any]]) -> None:
        super().__init__(batches)
        self.signature = signature

    def __iter__(self) -> Iterator[Any]:
        if self.signature:
            shown, self.signature = self.signature, []
            return iter(grain.MapDataset.source(shown).to_iter_dataset())
        return iter(self._parent)


def as_pair(batch: Batch, ranks: Ranks) -> tuple[Any, Any]:
    """Inputs and targets of a worker's rows."""
    return ranks.rows(batch.inputs), ranks.rows(batch.targets)


def parse_no_flags() -> None:
    """Grain's processes ask for command line flags, which a program that uses none never parses."""
    from absl import flags

    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()


def begin_worker(worker: int, workers: int) -> None:
    """One thread a process and no GPU: they share the processor out among themselves. None outlives the training."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import cv2

    cv2.setNumThreads(1)
    end_with_the_parent()
