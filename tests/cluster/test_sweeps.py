"""Sweeps on three nodes: the table and the runs are there, also when a node is lost or a run kills its worker."""

import json
from pathlib import Path

import mlflow
import pytest
from omegaconf import OmegaConf

from base.errors import UserError
from tests.cluster.conftest import command, ended, wait_for
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
    mlflow.set_tracking_uri("sqlite:///experiments/mlflow.db")
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
