"""What goes from a machine that trained to the one that measures."""

import io
import shutil
from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

from base.bundle import halved
from base.trainer import BaseTrainer
from utils.compute.bfloat16 import to_bfloat16
from utils.files.parts import write_parts

WEIGHTS, STATE = "weights.npz", "state.npz"  # in parts; the state holds all variables as bfloat16
CONFIG, HISTORY, FACTS, LOG = "config.yaml", "history.csv", "facts.json", "log.txt"


def hand_over(trainer: BaseTrainer, run: Path, output: Path, *, state: bool) -> None:
    """Writes what has been learned so far, in files that are small enough to be sent; each companion has a folder of its own.

    Args:
        trainer: in training, or at its end.
        run: the run folder, with the checkpoints of at least one epoch.
        output: folder for weights, config, history and facts.
        state: whether the optimizer's state goes along.
    """
    with np.load(run / "checkpoints" / "best.npz") as stored:
        write_weights(output, {name: stored[name] for name in stored.files})
    for name in (CONFIG, HISTORY, FACTS):
        shutil.copyfile(run / name, output / name)
    if state:
        write_parts(output / STATE, packed(state_of(run / "checkpoints" / "last.npz")))
    for name, (_, weights, config) in trainer.averaged_companions().items():
        write_weights(output / name, weights)
        OmegaConf.save(config, output / name / CONFIG, resolve=True)
        for shared in (HISTORY, FACTS):
            shutil.copyfile(run / shared, output / name / shared)


def write_weights(folder: Path, weights: dict[str, np.ndarray]) -> None:
    """As float16."""
    folder.mkdir(parents=True, exist_ok=True)
    write_parts(folder / WEIGHTS, packed({name: halved(array) for name, array in weights.items()}))


def state_of(checkpoint: Path) -> dict[str, np.ndarray]:
    """All variables of a checkpoint, as bfloat16."""
    with np.load(checkpoint) as stored:
        return {name: to_bfloat16(stored[name]) if stored[name].dtype == np.float32 else stored[name] for name in stored.files}


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """An npz file's content."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
