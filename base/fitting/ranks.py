"""The workers of a data-parallel training, as torchrun starts them: each learns from its rows of every batch."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from base.errors import UserError

PATIENCE = timedelta(hours=6)  # of those that wait while the first one validates


@dataclass(frozen=True)
class Ranks:
    """Which worker this process is, of how many.

    Attributes:
        rank: 0 and up; the first one validates, tracks and writes.
        count: 1 for a training of one process.
    """

    rank: int = 0
    count: int = 1

    @classmethod
    def of_this_process(cls) -> "Ranks":
        """As the environment says, which torchrun sets.

        Raises:
            UserError: there are several, and Keras runs on another backend than PyTorch.
        """
        ranks = cls(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))
        if ranks.count > 1 and os.environ.get("KERAS_BACKEND") != "torch":
            raise UserError("a training of several workers runs on PyTorch: make env-torch, and KERAS_BACKEND=torch torchrun ...")
        return ranks

    @property
    def is_first(self) -> bool:
        """Whether this is the one that validates, tracks and writes."""
        return self.rank == 0

    def join(self, threads: int | None) -> None:
        """Meets the others; once a process, before anything is told or averaged.

        Args:
            threads: of this worker; None shares those of the machine out among its workers.
        """
        if self.count == 1:
            return
        import torch

        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        torch.set_num_threads(threads or max(1, (os.cpu_count() or 1) // here))
        has_gpus = torch.cuda.is_available()
        if has_gpus:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if has_gpus else "gloo", timeout=PATIENCE)

    def leave(self) -> None:
        """Parts from the others."""
        if self.count > 1:
            import torch

            torch.distributed.destroy_process_group()

    def told(self, value: Any) -> Any:
        """What the first worker knows; all must ask."""
        if self.count == 1:
            return value
        import torch

        values = [value]
        torch.distributed.broadcast_object_list(values, src=0, device=torch.device("cpu"))
        return values[0]

    def rows(self, values: Any) -> Any:
        """This worker's rows of an array, or of each array in a dict: every ``count``-th from ``rank`` on.

        Raises:
            UserError: there are fewer rows than workers.
        """
        if self.count == 1:
            return values
        if isinstance(values, dict):
            return {name: self.rows(array) for name, array in values.items()}
        if len(values) < self.count:
            raise UserError(f"a batch of {len(values)} samples is too small for {self.count} workers: make batches larger")
        return values[self.rank :: self.count]

    def mean(self, tensors: Sequence[Any], weight: float = 1.0) -> list[Any]:
        """Tensors of PyTorch averaged over all workers, each of which counts with its weight."""
        import torch

        together = torch.cat([weight * tensor.detach().reshape(-1).float() for tensor in tensors])
        sums = torch.cat([together, torch.full((1,), float(weight), device=together.device)])
        torch.distributed.all_reduce(sums)
        parts = torch.split(sums[:-1] / sums[-1].clamp(min=1e-6), [tensor.numel() for tensor in tensors])
        return [part.reshape(tensor.shape).to(tensor.dtype) for part, tensor in zip(parts, tensors, strict=True)]

    def average_gradients(self, network: Any) -> None:
        """Has a compiled network learn from the gradients of all workers; they are clipped afterwards.

        For a loss that is a mean over characters (readers of lines and words) or over samples, these are exactly the gradients
        of the whole batch, but for what layers make of a batch as a whole (batch normalisation, the dice part of an eraser's
        loss).
        """
        if self.count == 1:
            return
        counted = WeighedSteps(network.train_step)
        optimizer = network.optimizer
        learn = optimizer.apply

        def learn_together(gradients: Sequence[Any], variables: Any = None) -> Any:
            return learn(self.mean(gradients, counted.weight), variables)

        network.train_step, optimizer.apply = counted, learn_together

    def average_statistics(self, network: Any) -> None:
        """Gives all workers the mean of what batch normalisation has seen of each one's rows."""
        if self.count == 1:
            return
        seen = [variable for variable in network.non_trainable_variables if "float" in str(variable.dtype)]
        if seen:
            for variable, mean in zip(seen, self.mean([variable.value for variable in seen]), strict=True):
                variable.assign(mean)


ALONE = Ranks()


class WeighedSteps:
    """A network's training step, which notes what its loss is the mean over.

    Args:
        step: of the network.

    Attributes:
        weight: characters or samples of the step that runs, or ran last.
        weight_of_epoch: of all steps since this was set to 0.
    """

    def __init__(self, step: Callable[[Any], Any]) -> None:
        self.step, self.weight, self.weight_of_epoch = step, 0.0, 0.0

    def __call__(self, data: Any) -> Any:
        inputs, targets = data[:2]
        if isinstance(targets, dict) and "lengths" in targets:
            self.weight = float(targets["lengths"].sum())
        else:
            self.weight = float(len(next(iter(inputs.values())) if isinstance(inputs, dict) else inputs))
        self.weight_of_epoch += self.weight
        return self.step(data)
