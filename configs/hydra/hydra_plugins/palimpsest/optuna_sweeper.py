"""Searching for the best values of a config: Optuna proposes the runs of a sweep."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from utils.configuration.check import hold_against
from utils.runs.search import STOPPED, open_study


@dataclass
class Config:
    """The values of ``configs/hydra/sweeper/optuna.yaml``."""

    trials: int  # at least 1
    at_once: int  # at least 1
    random_trials: int  # at least 1
    grace_epochs: int | None
    params: dict[str, Any]


class OptunaSweeper(Sweeper):
    """Proposes ``at_once`` runs, has them done, learns of what they reached, and proposes the next (TPE, Bergstra et al. 2011).

    A sweep that was stopped goes on in its folder, ``hydra.sweep.dir``.

    Args:
        options: see `Config`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = OmegaConf.create(options)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Takes what Hydra gives, and opens the launcher; raises UserError for values that cannot be."""
        hold_against(self.options, sys.modules[__name__], prefix="hydra.sweeper.")
        for key in ("trials", "at_once", "random_trials"):
            if self.options[key] < 1:
                raise UserError(f"hydra.sweeper.{key}={self.options[key]}: it must be at least 1")
        self.hydra_context, self.config = hydra_context, config  # which Hydra's own methods look for
        self.loader, self.settings = hydra_context.config_loader, config
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> list[Sequence[JobReturn]]:
        """Does the runs.

        Args:
            arguments: of the command line; those with several values are searched, beside ``hydra.sweeper.params``.

        Raises:
            UserError: nothing is searched.
        """
        searched = [f"{key}={values}" for key, values in self.options.params.items()]
        parsed = OverridesParser.create(self.loader).parse_overrides([*searched, *arguments])
        overrides = {override.get_key_element(): override for override in parsed}  # the command line comes last, and counts
        space = {key: distribution_of(override) for key, override in overrides.items() if override.is_sweep_override()}
        fixed = [f"{key}={overrides[key].get_value_element_as_str()}" for key in overrides if key not in space]
        if not space:
            raise UserError("hydra/sweeper=optuna: nothing is searched; give a key several values, such as 'model.width=48,80'")
        folder = Path(self.settings.hydra.sweep.dir)
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.settings, folder / "multirun.yaml")
        study = open_study(folder, self.options, maximise=self.settings.maximise, seed=self.settings.seed)
        return self._search(study, space, fixed)

    def _search(self, study: Any, space: dict[str, Any], fixed: list[str]) -> list[Sequence[JobReturn]]:
        """Proposes, has done and learns, until there are enough trials."""
        for trial in study.trials:
            if not trial.state.is_finished():  # of a sweep that was stopped
                tell(study, trial.number, math.nan)
        returned = []
        while (first := len(study.trials)) < self.options.trials:
            asked = [ask(study, space) for _ in range(min(self.options.at_once, self.options.trials - first))]
            jobs = [[*fixed, *(f"{key}={value}" for key, value in trial.params.items())] for trial in asked]
            self.validate_batch_is_legal(jobs)
            returned.append(self.launcher.launch(jobs, initial_job_idx=first))
            for trial, result in zip(asked, returned[-1], strict=True):
                tell(study, trial.number, result.return_value)
        return returned


def ask(study: Any, space: dict[str, Any]) -> Any:
    """The next trial; raises UserError where the folder holds a search of other values."""
    try:
        return study.ask(space)
    except ValueError as error:
        raise UserError(f"hydra.sweep.dir= holds a search among other values ({error}): name another folder") from error


def tell(study: Any, number: int, value: float | None) -> None:
    """Notes what a trial came to; one that stopped early counts for what it had reached by then."""
    from optuna.trial import TrialState

    if value is None or math.isnan(value):
        study.tell(number, state=TrialState.FAIL)
    elif STOPPED in study.trials[number].user_attrs:
        study.tell(number, state=TrialState.PRUNED)
    else:
        study.tell(number, value)


def distribution_of(override: Override) -> Any:
    """What Optuna draws a key's values from: ``a,b``, ``choice(a, b)``, ``range(1, 5)``, ``interval(0, 1)``, ``tag(log, ...)``.

    Raises:
        UserError: an interval that is none.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    values = override.value()
    if isinstance(values, IntervalSweep):
        whole = isinstance(values.start, int) and isinstance(values.end, int)
        kind: Any = IntDistribution if whole else FloatDistribution
        try:
            return kind(values.start, values.end, log="log" in values.tags)
        except ValueError as error:
            raise UserError(f"{override.input_line}: {error}") from error
    if isinstance(values, RangeSweep) and isinstance(steps := values.range(), range) and steps.step > 0 and len(steps):
        return IntDistribution(steps[0], steps[-1], step=steps.step)
    return CategoricalDistribution(list(override.sweep_string_iterator()))
