"""A search by Optuna: what is proposed, what is learned of runs, which of them end early."""

import math
import sys
from types import SimpleNamespace

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from base.errors import UserError
from tests.conftest import ROOT

sys.path.append(str(ROOT / "configs/hydra"))  # as main.py does

from hydra_plugins.palimpsest.optuna_sweeper import OptunaSweeper, distribution_of
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from callbacks.pruning import Pruning
from utils.runs.search import open_study

OPTIONS = {"trials": 6, "at_once": 2, "random_trials": 2, "grace_epochs": 1, "params": {"x": "interval(-10.0, 10.0)"}}


def override(text):
    return OverridesParser.create().parse_override(text)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("width=48,80", CategoricalDistribution(["48", "80"])),
        ("width=choice(a,b)", CategoricalDistribution(["a", "b"])),
        ("rate=interval(0.1,1)", FloatDistribution(0.1, 1)),
        ("rate=tag(log,interval(1e-4,1e-2))", FloatDistribution(1e-4, 1e-2, log=True)),
        ("depth=int(interval(1,4))", IntDistribution(1, 4)),
        ("depth=range(1,8,3)", IntDistribution(1, 7, step=3)),
    ],
)
def test_values_become_what_optuna_draws_from(text, expected):
    assert distribution_of(override(text)) == expected


@pytest.mark.parametrize("text", ["rate=interval(1,0.1)", "rate=tag(log,interval(-1.0,1))"])
def test_values_that_cannot_be_drawn_are_named(text):
    with pytest.raises(UserError, match=f"^{text.partition('=')[0]}="):
        distribution_of(override(text))


class Launcher:
    """Does runs here: each comes to the square of its x."""

    def __init__(self, stops_after=99, broken=()):
        self.numbers, self.left, self.broken = [], stops_after, broken

    def launch(self, jobs, initial_job_idx):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        values = [float(dict(override.split("=") for override in job)["x"]) ** 2 for job in jobs]
        numbers = range(initial_job_idx, initial_job_idx + len(jobs))
        self.numbers += numbers
        return [SimpleNamespace(return_value=math.nan if n in self.broken else v) for n, v in zip(numbers, values, strict=True)]


def searching(folder, launcher, **options):
    """A sweeper as Hydra sets it up."""
    sweeper = OptunaSweeper(**(OPTIONS | options))
    sweeper.loader, sweeper.launcher = None, launcher
    sweeper.settings = OmegaConf.create({"hydra": {"sweep": {"dir": str(folder)}}, "maximise": False, "seed": 1})
    sweeper.validate_batch_is_legal = lambda jobs: None
    return sweeper


def study_in(folder):
    return open_study(folder, OmegaConf.create(OPTIONS), maximise=False, seed=1)


def test_the_best_is_found_and_failures_are_none(tmp_path):
    searching(tmp_path, launcher := Launcher(broken=[3]), trials=30).sweep(["seed=1"])
    assert launcher.numbers == list(range(30))
    study = study_in(tmp_path)
    assert study.best_value < 1, "30 draws of 20 units would come closer than 1 to the middle by chance two times of three"
    assert study.trials[3].state == TrialState.FAIL


def test_a_search_that_was_stopped_goes_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        searching(tmp_path, first := Launcher(stops_after=2)).sweep([])
    searching(tmp_path, second := Launcher()).sweep([])
    assert first.numbers == [0, 1] and second.numbers == [4, 5], "2 and 3 were proposed before it was stopped"
    trials = study_in(tmp_path).trials
    assert [trial.state for trial in trials][2:4] == [TrialState.FAIL] * 2
    assert len({trial.params["x"] for trial in trials}) == 6, "what is proposed later is not what was proposed at the beginning"


def test_the_command_line_counts_more_than_the_config(tmp_path):
    searching(tmp_path, Launcher(), trials=2, params={"x": "interval(0.0, 1.0)"}).sweep(["x=choice(5,6)"])
    assert {trial.params["x"] for trial in study_in(tmp_path).trials} <= {"5", "6"}
    with pytest.raises(UserError, match="name another folder"):
        searching(tmp_path, Launcher(), trials=4).sweep(["x=choice(5,6,7)"])
    with pytest.raises(UserError, match="nothing is searched"):
        searching(tmp_path / "fixed", Launcher(), params={}).sweep(["x=1"])


def test_poor_runs_end_early(tmp_path, monkeypatch):
    study = study_in(tmp_path)

    def run(losses):
        """The epochs that a run comes to with such losses."""
        trial = study.ask(OPTIONS_SPACE)
        monkeypatch.setattr("callbacks.pruning.trial_of_this_run", lambda cfg: trial)
        callback = Pruning(SimpleNamespace(cfg=None, monitored="val_loss"))
        callback.set_model(SimpleNamespace(stop_training=False))
        for epoch, loss in enumerate(losses):
            callback.after_epoch(epoch, {"val_loss": loss})
            if callback.model.stop_training:
                return epoch + 1
        study.tell(trial, losses[-1])
        return len(losses)

    assert [run([3, 2, 1]), run([4, 3, 2])] == [3, 3], "the first ones go on, whatever they come to"
    assert run([9, 8, 7]) == 1, "worse than the median, and the grace of one epoch is over"
    assert run([2, 5, 6]) == 3, "its best counts, not its last"
    assert run([3.4, 3.3, 3.2]) == 2


OPTIONS_SPACE = {"x": FloatDistribution(-10, 10)}


def test_a_run_of_its_own_belongs_to_no_search():
    callback = Pruning(SimpleNamespace(cfg=None, monitored="val_loss"))
    callback.set_model(SimpleNamespace(stop_training=False))
    callback.after_epoch(0, {"val_loss": 1.0})
    assert not callback.model.stop_training
