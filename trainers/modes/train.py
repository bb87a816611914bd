"""mode=train: fit, write the bundle, load it, evaluate it."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from base.bundle import Bundle
from base.data_generator import BaseDataGenerator
from base.errors import UserError
from base.fitting.budget import TimeBudget
from base.fitting.context import TrainingContext
from base.fitting.ranks import Ranks
from base.model import BaseModel
from base.registry import CALLBACKS, DATA_GENERATORS, MODELS, TRAINERS
from base.trainer import BaseTrainer
from models.export import add_onnx, can_export
from predictors.engines.loading import live_predictor, predictor_for, recorded_inputs
from predictors.engines.networks import exact_model
from trainers.modes.inherit import inherit
from trainers.reports.card import write_card
from trainers.reports.publish import publish
from utils.compute.backend import seed_everything, start_keras
from utils.files.whole import write_json
from utils.runs.folder import RunFolder
from utils.runs.handover import FACTS, HISTORY
from utils.runs.history import best_epoch, read_history
from utils.runs.sweeps import is_sweep_job, note_folder
from utils.runs.tracking import Tracker, track


def train(cfg: DictConfig) -> float:
    """Runs one training as the config says, or goes on with it; returns the objective's value on the validation split.

    The test split is opened and measured at the end, where ``test`` says so; else the validation split is.
    """
    ranks = Ranks.of_this_process()
    if not ranks.is_first:
        return follow(cfg, ranks)
    measured_on = "test" if measures_test(cfg) else "val"
    with trained(cfg, *dict.fromkeys(("train", "val", measured_on))) as done:
        validated = finish(done.trainer, done.splits[-1], done.run, done.tracker, done.facts)
    return validated[f"val_{cfg.objective}"]


def measures_test(cfg: DictConfig) -> bool:
    """Whether the test split is measured: what is chosen among the runs of a sweep must not be chosen by it."""
    return not is_sweep_job() if cfg.test is None else cfg.test


@dataclass(frozen=True)
class Trained:
    """What a training leaves to those who export, measure or hand over what it learned.

    Attributes:
        trainer: with the best weights.
        splits: the data sets that were opened.
        run: its folder.
        tracker: still open.
        facts: of data and device.
    """

    trainer: BaseTrainer
    splits: list[BaseDataGenerator]
    run: RunFolder
    tracker: Tracker
    facts: dict[str, str]


@contextmanager
def trained(cfg: DictConfig, *splits: str) -> Iterator[Trained]:
    """Trains, or goes on with a training; what follows it belongs to its run, which is finished when the block ends.

    Args:
        cfg: the config of the run.
        splits: to open; the first is trained on and the second chooses the weights.
    """
    begun = time.perf_counter()
    ranks = Ranks.of_this_process()
    check_together(cfg, ranks)
    cfg, opened = open_data(cfg, *splits)
    device = start_keras(cfg.runtime)
    ranks.join(cfg.runtime.threads)
    with RunFolder.owned(cfg, " + ".join(data.fingerprint() for data in opened[:2])) as run:
        note_folder(run.path)
        facts = announce(cfg, opened[0], device, run)
        with track(cfg, run, facts) as tracker:
            ranks.told(str(run.path))
            trainer = prepare(cfg, opened[0], opened[1], run.path, begun, ranks)
            fit(trainer, run.path, tracker)
            ranks.leave()
            yield Trained(trainer, opened, run, tracker, facts)
        run.finish()


def follow(cfg: DictConfig, ranks: Ranks) -> float:
    """What all workers but the first one do: they learn from their rows of every batch, and write nothing."""
    begun = time.perf_counter()
    check_together(cfg, ranks)
    with redirect_stdout(None):
        cfg, (data, validation) = open_data(cfg, "train", "val")
        start_keras(cfg.runtime)
        ranks.join(cfg.runtime.threads)
        folder = Path(ranks.told(None))
        fit(prepare(cfg, data, validation, folder, begun, ranks), folder, Tracker())
        ranks.leave()
    return math.nan


def check_together(cfg: DictConfig, ranks: Ranks) -> None:
    """Raises UserError for a training that several workers cannot do."""
    if ranks.count == 1:
        return
    if cfg.trainer.minutes is not None:
        raise UserError(
            f"trainer.minutes={cfg.trainer.minutes:g}: several workers count steps, which are the same for all: "
            "trainer.minutes=null trainer.epochs=N"
        )
    if cfg.trainer.get("distil") is not None:
        raise UserError("trainer.distil: lines without a text have no weight in the mean over several workers; use one process")
    if cfg.task.name == "self_training":
        raise UserError("task=self_training is trained by one process; its teacher can label on a cluster (cluster=ray)")


def open_data(cfg: DictConfig, *splits: str) -> tuple[DictConfig, list[BaseDataGenerator]]:
    """The splits, and the config with what only the data and the bundle to start from know."""
    if cfg.trainer.init is not None:
        cfg = inherit(cfg, Bundle.load(Path(cfg.trainer.init)))
    generator = DATA_GENERATORS.get(cfg.task.generator)
    opened = [generator.of(cfg, split) for split in splits]
    return opened[0].complete(cfg), opened


def announce(cfg: DictConfig, data: BaseDataGenerator, device: str, run: RunFolder) -> dict[str, str]:
    """Prints what begins, and notes it as facts."""
    print(f"{cfg.task.name}: {cfg.model.name} on {device}\ndata: {data.fingerprint()}\nrun folder: {run.path}", flush=True)
    facts = {"data": data.fingerprint(), "device": device}
    write_json(run.path / FACTS, facts)
    return facts


def prepare(
    cfg: DictConfig, data: BaseDataGenerator, validation: BaseDataGenerator, folder: Path, begun: float, ranks: Ranks
) -> BaseTrainer:
    """A trainer that can begin: the seeded model with the weights to start from, its optimizer, its budget.

    Args:
        cfg: the config of the run.
        data, validation: what it learns from, and what chooses the weights.
        folder: of the run.
        begun: when the program did, by `time.perf_counter`.
        ranks: which of several workers this is.
    """
    from trainers.optimizers.by_name import make_optimizer  # Keras is there only now

    seed_everything(cfg.seed)
    model = MODELS.get(cfg.model.name)(cfg.model)
    start_from(cfg.trainer.init, model)
    trainer = TRAINERS.get(cfg.trainer.name)(cfg, model, data, validation)
    if cfg.trainer.minutes is not None:
        seconds = 60 * cfg.trainer.minutes
        ends_at = begun + seconds if cfg.trainer.minutes_of == "run" else None
        trainer.spend(TimeBudget(seconds, folder / "checkpoints" / "clock", ends_at))
    trainer.share_out(ranks)
    trainer.compile(make_optimizer(cfg.trainer))
    return trainer


def start_from(init: str | None, model: BaseModel) -> None:
    """Takes over the weights of the bundle that ``trainer.init`` names, and says which of them did not fit."""
    if init is None:
        return
    bundle = Bundle.load(Path(init))
    left = model.take_fitting_weights(bundle.weights(), bundle.facts)
    fresh = f"; new: {', '.join(left)}" if left else ""
    print(f"starting from {init}{fresh}")
    every = len(model.weights())
    if len(left) > every / 2:
        raise UserError(f"trainer.init={init}: only {every - len(left)} of {every} weights fit model={model.cfg.name}")


def fit(trainer: BaseTrainer, folder: Path, tracker: Any) -> None:
    """Trains with the configured callbacks, from the last checkpoint on if there is one; ends with the best weights.

    Of several workers only the first one has all callbacks: the others keep in step with it.
    """
    cfg = trainer.cfg
    predictor = live_predictor(trainer.model, cfg, trainer.known_facts())
    trainer.context = context = TrainingContext(cfg, trainer, predictor, folder, tracker)
    wanted = {str(name): dict(options) for name, options in cfg.callbacks.items() if options is not None}
    callbacks = {name: CALLBACKS.get(name)(context, **options) for name, options in wanted.items()}
    checkpoint = callbacks["checkpoint"]
    checkpoint.others = [callback for callback in callbacks.values() if callback is not checkpoint]
    trainer.fit(together(list(callbacks.values()), context), first_epoch=checkpoint.resume())
    checkpoint.load_best()


def together(callbacks: list[Any], context: TrainingContext) -> list[Any]:
    """The callbacks of this worker."""
    ranks = context.trainer.ranks
    if ranks.count == 1:
        return callbacks
    from callbacks.in_step import AverageOverRanks, FollowTheFirst

    own = callbacks if ranks.is_first else []
    return [AverageOverRanks(context), *own, FollowTheFirst(context)]


def finish(
    trainer: BaseTrainer, data: BaseDataGenerator, run: RunFolder, tracker: Tracker, facts: dict[str, str]
) -> dict[str, float]:
    """Writes the bundle of trained weights, exports and calibrates it, loads it, measures it, and writes its card.

    Returns:
        What the weights were chosen by: the validation metrics of their epoch, with the names of ``history.csv``.
    """
    cfg = trainer.cfg
    bundle = trainer.write_bundle(run.path / "bundle")
    for name, (model, weights, config) in trainer.averaged_companions().items():
        Bundle.write(run.path / name, config, weights, model.facts(), cfg)
    if can_export():
        exact = exact_model(bundle)
        add_onnx(bundle, exact, recorded_inputs(exact, cfg, trainer.validation))
    bundle.learn(trainer.calibrate(predictor_for(bundle, cfg, "auto")[0]))
    predictor, _ = predictor_for(bundle, cfg, "auto")
    report = trainer.evaluate(cfg, predictor, data)
    write_card(bundle, cfg, report, run.path, facts)
    chosen = best_epoch(read_history(run.path / HISTORY), f"val_{cfg.objective}", cfg.maximise)
    validated = {name: value for name, value in chosen.items() if name.startswith("val_")}
    publish(report, data.split, run.path, tracker, bundle=bundle, validated=validated)
    return validated
