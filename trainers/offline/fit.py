"""mode=fit: trains where nothing is measured, and hands over what must be brought home."""

import json
import shutil
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from base.bundle import halved
from trainers.offline.handover import CONFIG, FACTS, HISTORY, STATE, WEIGHTS, packed
from trainers.train import Trained, trained
from utils.bfloat16 import to_bfloat16
from utils.parts import write_parts


def fit_only(cfg: DictConfig) -> None:
    """Runs one training, or goes on with it, and writes weights, config, history and the optimizer's state to ``output``."""
    with trained(cfg, "train", "val") as done:
        output = Path(cfg.output)
        output.mkdir(parents=True, exist_ok=True)
        hand_over(done, output)
    print(f"done: {output} can be brought home", flush=True)


def hand_over(done: Trained, output: Path) -> None:
    """Writes what a training has learned, in files that are small enough to be sent."""
    write_parts(output / WEIGHTS, packed({name: halved(array) for name, array in done.trainer.model.weights().items()}))
    with np.load(done.run.path / "checkpoints" / "last.npz") as stored:
        state = {name: to_bfloat16(stored[name]) if stored[name].dtype == np.float32 else stored[name] for name in stored.files}
    write_parts(output / STATE, packed(state))
    shutil.copyfile(done.run.path / "config.yaml", output / CONFIG)
    shutil.copyfile(done.run.path / "history.csv", output / HISTORY)
    (output / FACTS).write_text(json.dumps(done.facts, indent=1), encoding="utf-8")
