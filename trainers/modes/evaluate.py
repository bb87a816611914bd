"""mode=evaluate: measure a bundle on data."""

from pathlib import Path

from omegaconf import DictConfig

from base.registry import DATA_GENERATORS, TRAINERS
from predictors.engines.loading import predictor_for
from predictors.engines.weights import find_bundle
from trainers.modes.inherit import inherit
from trainers.reports.publish import publish
from utils.runs.folder import RunFolder
from utils.runs.tracking import track


def evaluate(cfg: DictConfig) -> float:
    """Measures the bundle that ``weights`` names on ``split``; returns the objective's value there."""
    return evaluated(cfg)[1]


def evaluated(cfg: DictConfig) -> tuple[Path, float]:
    """The same, with the folder of the run."""
    bundle = find_bundle(cfg)
    cfg = inherit(cfg, bundle)
    data = DATA_GENERATORS.get(cfg.task.generator).of(cfg, cfg.split)
    run = RunFolder.for_evaluation(cfg)
    predictor, engine = predictor_for(bundle, cfg, cfg.engine)
    print(f"{cfg.task.name}: {bundle.config.model.name} from {bundle.folder} with {engine}\nrun folder: {run.path}", flush=True)
    with track(cfg, run, {"data": data.fingerprint(), "weights": str(bundle.folder)}) as tracker:
        report = TRAINERS.get(cfg.trainer.name).evaluate(cfg, predictor, data)
        publish(report, cfg.split, run.path, tracker)
    run.finish()
    return run.path, float(report.metrics[cfg.objective])
