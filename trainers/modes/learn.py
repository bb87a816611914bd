"""mode=learn: a reader learns from corrected lines, and is measured before and after on lines that it did not learn from."""

import os
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from base.bundle import Bundle
from trainers.modes.compare import compare
from trainers.modes.evaluate import evaluated
from trainers.modes.train import finish, trained
from trainers.readers.decoding import inherit_decoding
from utils.compute.politeness import give_way
from utils.configuration.groups import values_of
from utils.configuration.values import plain
from utils.files.whole import read_json, write_json, write_text
from utils.runs.folder import locked

MEASURED = {
    "validation_samples": None,
    "callbacks": {"checkpoint": {"keep": "last"}},
}  # all of the val split; so nothing is chosen by it
DONE, RESULT, PROCESS = "steps.json", "result.json", "process.txt"
BEFORE, LEARNED, AFTER = "before", "learned", "after"


def learn(cfg: DictConfig) -> float:
    """Evaluates ``trainer.init``, trains it, evaluates what came of it, and compares; each is a run of its own in tracking.

    The val split is what is measured; nothing is chosen by it. ``output/result.json`` names the runs and the bundle, with
    both error rates; ``output/comparison.tsv`` has every line; ``output/process.txt`` names the process that holds the folder.
    What was done before the command was cut off is not done again.

    Returns:
        The CER afterwards.
    """
    output, cfg = Path(cfg.output), DictConfig(OmegaConf.merge(cfg, MEASURED))
    with locked(output):
        give_way(cfg.niceness)
        write_text(output / PROCESS, str(os.getpid()))
        steps = Steps(output)
        steps.once(BEFORE, lambda: evaluated(as_mode(cfg, "evaluate", weights=str(cfg.trainer.init), split="val"))[0])
        steps.once(LEARNED, lambda: trained_bundle(cfg))
        steps.once(AFTER, lambda: evaluated(as_mode(cfg, "evaluate", weights=steps.done[LEARNED], split="val"))[0])
        compare(as_mode(cfg, "compare", runs=[steps.done[BEFORE], steps.done[AFTER]], output=str(output), overwrite=True))
        rates = {name: read_json(Path(steps.done[name]) / "metrics.json") for name in (BEFORE, AFTER)}
        measured = {f"{key}_{when}": rate[f"val_{key}"] for key in ("cer", "wer") for when, rate in rates.items()}
        write_json(output / RESULT, {**steps.done, **measured})
        print(f"\nCER on the lines held out: {rates[BEFORE]['val_cer']:.1%} before, {rates[AFTER]['val_cer']:.1%} after")
        print(f"{steps.done[LEARNED]} is the reader that learned: weights={steps.done[LEARNED]}")
    return float(rates[AFTER]["val_cer"])


class Steps:
    """What is done already, in a file.

    Args:
        folder: of the learning.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / DONE
        self.done: dict[str, str] = read_json(self._path) if self._path.is_file() else {}

    def once(self, name: str, step: Any) -> None:
        """Does a step unless it was done, and keeps the folder that it says."""
        if name not in self.done:
            self.done[name] = str(Path(step()).absolute())
            write_json(self._path, self.done)


def trained_bundle(cfg: DictConfig) -> Path:
    """Trains, and lets the bundle decode as the one does that it began with; returns its folder."""
    with trained(as_mode(cfg, "train"), "train", "val") as done:
        finish(done.trainer, done.splits[-1], done.run, done.tracker, done.facts)
    bundle = Bundle.load(done.run.path / "bundle")
    inherit_decoding(bundle, Bundle.load(Path(cfg.trainer.init)))
    return bundle.folder


def as_mode(cfg: DictConfig, name: str, **values: Any) -> DictConfig:
    """The config of another mode on the same data and model."""
    return OmegaConf.create({**plain(cfg), **values_of("mode", name), **values})
