"""The study of a search by Optuna, which all its runs share through a file of the sweep's folder."""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig

from utils.runs.sweeps import is_sweep_job

JOURNAL = "study.journal"  # works on network drives, where SQLite does not
STOPPED = "stopped_after_epochs"  # a trial's note of itself


def open_study(folder: Path, options: Any, *, maximise: bool, seed: int) -> Any:
    """The study in a sweep's folder, new or as it was left.

    Args:
        folder: of the sweep.
        options: ``hydra.sweeper``.
        maximise: whether more is better.
        seed: of what is proposed.
    """
    import warnings

    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    never = optuna.pruners.NopPruner()
    grace = options.grace_epochs
    study = optuna.create_study(
        study_name="sweep",
        storage=optuna.storages.JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
        pruner=never if grace is None else optuna.pruners.MedianPruner(options.random_trials, n_warmup_steps=grace),
        direction="maximize" if maximise else "minimize",
        load_if_exists=True,
    )
    known = len(study.trials)  # else one that goes on would propose what it did at its beginning
    study.sampler = optuna.samplers.TPESampler(n_startup_trials=options.random_trials, constant_liar=True, seed=seed + known)
    return study


def trial_of_this_run(cfg: Any) -> Any | None:
    """The trial that this run is; None where it belongs to no search.

    Args:
        cfg: the run's config.
    """
    if not is_sweep_job():
        return None
    job = HydraConfig.get()
    folder = Path(job.sweep.dir)
    if not (folder / JOURNAL).is_file():
        return None
    from optuna.trial import Trial

    study = open_study(folder, job.sweeper, maximise=cfg.maximise, seed=cfg.seed)
    return Trial(study, study.trials[job.job.num]._trial_id)
