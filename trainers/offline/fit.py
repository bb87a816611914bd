"""mode=fit: trains where nothing is measured, and hands over what must be brought home."""

import json
import shutil
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from base.bundle import halved
from trainers.offline.handover import CONFIG, FACTS, HISTORY, STATE, WEIGHTS, packed
from trainers.train import announce, fit, open_data, prepare
from utils.backend import start_keras
from utils.bfloat16 import to_bfloat16
from utils.parts import write_parts
from utils.run_folder import RunFolder
from utils.tracking import track


def fit_only(cfg: DictConfig) -> None:
    """Runs one training, or goes on with it, and writes weights, config, history and the optimizer's state to ``output``."""
    cfg, (data, validation) = open_data(cfg, "train", "val")
    device = start_keras(cfg.runtime)
    run = RunFolder.open(cfg)
    facts = announce(cfg, data, device, run)
    with track(cfg, run, facts) as tracker:
        trainer = prepare(cfg, data, validation, run)
        fit(trainer, run.path, tracker)
    output = Path(cfg.output)
    output.mkdir(parents=True, exist_ok=True)
    write_parts(output / WEIGHTS, packed({name: halved(array) for name, array in trainer.model.weights().items()}))
    with np.load(run.path / "checkpoints" / "last.npz") as stored:
        state = {name: to_bfloat16(stored[name]) if stored[name].dtype == np.float32 else stored[name] for name in stored.files}
    write_parts(output / STATE, packed(state))
    shutil.copyfile(run.path / "config.yaml", output / CONFIG)
    shutil.copyfile(run.path / "history.csv", output / HISTORY)
    (output / FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")
    run.finish()
    print(f"done: {output} can be brought home", flush=True)
