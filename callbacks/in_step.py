"""What keeps the workers of a data-parallel training together at the end of each epoch; not for one process."""

from typing import Any

from callbacks.base import BaseCallback


class AverageOverRanks(BaseCallback):
    """Averages the losses, and what batch normalisation has seen, over all workers; stands before all other callbacks."""

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        import torch

        ranks, steps = self.context.trainer.ranks, self.model.train_step
        ranks.average_statistics(self.model)
        (means,) = ranks.mean([torch.tensor([float(value) for value in logs.values()])], steps.weight_of_epoch)
        steps.weight_of_epoch = 0.0
        logs.update(zip(logs, map(float, means), strict=True))


class FollowTheFirst(BaseCallback):
    """Does what the first worker's callbacks decided: the learning rate, and whether to stop; stands behind all of them."""

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        optimizer = self.model.optimizer
        decided = float(optimizer.learning_rate), bool(self.model.stop_training)
        rate, self.model.stop_training = self.context.trainer.ranks.told(decided)
        if self.context.cfg.trainer.schedule == "constant":
            optimizer.learning_rate = rate
