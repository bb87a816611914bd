"""mode=fit: trains where nothing is measured, and hands over what must be brought home."""

from pathlib import Path

from omegaconf import DictConfig

from base.fitting.ranks import Ranks
from trainers.modes.train import follow, trained
from utils.runs.handover import hand_over


def fit_only(cfg: DictConfig) -> None:
    """Runs one training, or goes on with it, and writes weights, config, history and the optimizer's state to ``output``.

    All but the state is there after every epoch, by `callbacks.hand_over`: a machine may be taken away at any time.
    """
    ranks = Ranks.of_this_process()
    if not ranks.is_first:
        follow(cfg, ranks)
        return
    output = Path(cfg.output)
    with trained(cfg, "train", "val") as done:
        hand_over(done.trainer, done.run.path, output, state=cfg.state)
    print(f"done: {output} can be brought home", flush=True)
