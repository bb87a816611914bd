"""Sweeps on three nodes: the table and the runs are there, also when a node is lost or a run kills its worker."""

import json
import signal
from pathlib import Path

import mlflow
import pytest
from omegaconf import OmegaConf

from base.errors import UserError
from tests.cluster.conftest import command, done, ended, wait_for
from tests.conftest import TINY
from utils.runs.tracking import check_reach

GRID = ("--multirun", "hydra/launcher=ray", *TINY, "model.width=16,24", "seed=1,2", "trainer.epochs=3", "hydra.sweep.dir=sweep")


def rows_of(printed):
    """The rows of the table at the end."""
    lines = printed.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("run  overrides"))
    return lines[first + 2 :]


def test_a_sweep_survives_the_loss_of_a_node(nodes):
    process = command(*GRID, f"hydra.launcher.address={nodes.address}")
    wait_for(lambda: any(Path().glob("experiments/runs/eraser/*/checkpoints/last.npz")), process)
    nodes.lose_one()
    printed = ended(process)
    rows = [row for row in rows_of(printed) if "patch_dilated" in row]
    assert len(rows) == 4 and all("done" in row for row in rows)
    assert len(list(Path("experiments/runs/eraser").iterdir())) == 4, "a run that was begun again goes on in its folder"
    mlflow.set_tracking_uri(f"sqlite:///{Path.cwd()}/experiments/mlflow.db")  # MLflow keeps stores open by their names
    runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 1
    assert len(runs) == 5 and {run.info.status for run in runs} == {"FINISHED"}
    assert all(json.loads(path.read_text())["error"] is None for path in Path("sweep").glob("*/result.json"))


def test_several_machines_need_a_server():
    tracking = {"name": "mlflow", "uri": "sqlite:///experiments/mlflow.db"}
    with pytest.raises(UserError, match="SQLite cannot be written by several machines"):
        check_reach(OmegaConf.create({"tracking": tracking}))
    check_reach(OmegaConf.create({"tracking": {**tracking, "uri": "http://host:5000"}}))
    check_reach(OmegaConf.create({"tracking": {"name": "none"}}))


@pytest.mark.slow
def test_a_search_is_done_on_a_cluster(nodes):
    search = ("hydra/sweeper=optuna", "hydra.sweeper.trials=3", "trainer.learning_rate=tag(log,interval(1e-4,1e-2))")
    where = ("hydra/launcher=ray", f"hydra.launcher.address={nodes.address}", "tracking=none")
    rows = [row for row in rows_of(done("--multirun", *where, *TINY, *search)) if "patch_dilated" in row]
    assert len(rows) == 3 and len({row.split("trainer.learning_rate=")[1].split()[0] for row in rows}) == 3


@pytest.mark.slow
def test_submitit_does_a_sweep(workplace):
    printed = done("--multirun", "hydra/launcher=submitit_local", *TINY, "model.width=16,24", "tracking=none")
    assert len([row for row in rows_of(printed) if "done" in row]) == 2


@pytest.mark.slow
def test_a_sweep_that_is_stopped_shows_what_it_has(workplace):
    few = ("model.width=16,24,32,40", "hydra.launcher.n_jobs=1", "tracking=none")
    process = command("--multirun", *TINY, *few)
    wait_for(lambda: len(list(Path().glob("experiments/sweeps/*/*/result.json"))) >= 1, process)
    process.send_signal(signal.SIGINT)
    printed = ended(process, 130)
    assert "stopped; " in printed
    assert 1 <= len([row for row in rows_of(printed) if "done" in row]) < 4


def test_slurm_wants_a_server(workplace):
    printed = done("--multirun", "hydra/launcher=submitit_slurm", *TINY, "seed=1,2", code=2)
    assert "error: tracking.uri=sqlite" in printed and "SQLite cannot be written by several machines" in printed


def test_a_sweep_whose_server_is_gone_counts_its_failures(workplace):
    broken = ("objective=none_such", "tracking.uri=http://127.0.0.1:9")
    printed = done("--multirun", *TINY, "seed=1,2", *broken, code=1)
    assert "tracking is lost, the sweep goes on without it" in printed
    assert len([row for row in rows_of(printed) if "unknown metric" in row]) == 2
