"""Data-parallel training: several workers learn what one process learns, and survive a death; on PyTorch, `make test-torch`."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from base.errors import UserError
from base.fitting.ranks import ALONE, Ranks
from tests.conftest import ROOT, TINY_LINES, config
from trainers.modes.train import check_together
from utils.runs.history import read_history

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="make env-torch installs it")
WORKERS = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--max-restarts", "2")
PATIENCE_SECONDS = 300

# Batch normalisation sees each worker's rows alone: with another one, several workers compute what one does.
WITHOUT_BATCH_NORM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from keras import layers
import models.layers.columns, models.layers.convolution
for module in (models.layers.columns, models.layers.convolution):
    module.normalisation = lambda kind: layers.GroupNormalization(groups=8)
import main
main.console()
"""


def begin(printed_lines, program: Path, *overrides, launcher=()) -> subprocess.Popen:
    """A training of batches of 16 lines, by a program like main.py."""
    own = [
        "trainer.lines={buckets:[384],batch_px:6144,window:4,strength:none,zoom:[1,1],stretch:[1,1]}",
        "callbacks.gallery=null",
    ]
    command = [
        sys.executable,
        *launcher,
        str(program),
        *TINY_LINES,
        *own,
        f"data.root={printed_lines}",
        "tracking=none",
        "test=false",
    ]
    environment = os.environ | {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, *overrides],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def history_of(process: subprocess.Popen) -> list[dict[str, float]]:
    """The epochs of the only run here, once it has ended well."""
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    (folder,) = Path("experiments/runs/lines").iterdir()
    return read_history(folder / "history.csv")


@needs_torch
@pytest.mark.backend
def test_two_workers_compute_what_one_process_does(printed_lines, workplace, monkeypatch):
    program = workplace / "program.py"
    program.write_text(WITHOUT_BATCH_NORM)
    losses = []
    for name, launcher in (("one", ()), ("two", WORKERS)):
        (workplace / name).mkdir()
        monkeypatch.chdir(workplace / name)
        process = begin(printed_lines, program, "trainer.epochs=20", "trainer.steps_per_epoch=1", launcher=launcher)
        losses.append([row["loss"] for row in history_of(process)])
    assert len(losses[0]) == 20
    np.testing.assert_allclose(losses[1], losses[0], rtol=0, atol=1e-4)


@needs_torch
@pytest.mark.backend
@pytest.mark.slow
def test_a_worker_that_dies_costs_an_epoch_at_most(printed_lines, workplace):
    process = begin(printed_lines, ROOT / "main.py", "trainer.epochs=6", "trainer.steps_per_epoch=30", launcher=WORKERS)
    ends = time.monotonic() + PATIENCE_SECONDS
    while not list(Path().glob("experiments/runs/lines/*/checkpoints/last.npz")):
        assert process.poll() is None and time.monotonic() < ends
        time.sleep(0.1)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(children[-1]), signal.SIGKILL)
    assert [row["epoch"] for row in history_of(process)] == [1, 2, 3, 4, 5, 6]


def test_each_worker_has_its_rows():
    batch = {"image": np.arange(10).reshape(5, 2), "width": np.arange(5)}
    parts = [Ranks(rank, 2).rows(batch) for rank in range(2)]
    assert [part["width"].tolist() for part in parts] == [[0, 2, 4], [1, 3]]
    assert ALONE.rows(batch) is batch
    with pytest.raises(UserError, match="a batch of 5 samples is too small for 6 workers"):
        Ranks(0, 6).rows(batch)


def test_what_several_workers_cannot_do_is_named(monkeypatch):
    two = Ranks(0, 2)
    with pytest.raises(UserError, match=r"trainer.minutes=null trainer.epochs=N"):
        check_together(config(*TINY_LINES, "data=synthetic", "trainer.minutes=3"), two)
    with pytest.raises(UserError, match="is trained by one process"):
        check_together(config("task=self_training", "data=folder", "data.root=x", "trainer.init=x"), two)
    check_together(config(*TINY_LINES, "data=synthetic"), two)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(UserError, match="KERAS_BACKEND=torch torchrun"):
        Ranks.of_this_process()
