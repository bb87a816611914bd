"""kill -9 at any moment, the same command again: the same weights."""

import os
import signal
import subprocess
import time

import numpy as np
import pytest

from tests.conftest import PYTHON, ROOT, TINY

pytestmark = pytest.mark.slow

COMMAND = [PYTHON, str(ROOT / "main.py"), *TINY, "tracking=none", "trainer.epochs=4", "trainer.steps_per_epoch=8",
           "callbacks.early_stopping={patience_epochs: 9}"]  # fmt: skip


def weights_in(place):
    (bundle,) = place.glob("experiments/runs/eraser/*/bundle/weights.npz")
    with np.load(bundle) as stored:
        return {name: stored[name] for name in stored.files}


def test_a_killed_run_ends_with_the_same_weights(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    subprocess.run(COMMAND, cwd=whole, check=True, capture_output=True)
    process = subprocess.Popen(COMMAND, cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(killed.glob("experiments/runs/eraser/*/checkpoints/last.npz")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not list(killed.glob("experiments/runs/eraser/*/bundle")), "it was killed too late to test anything"
    subprocess.run(COMMAND, cwd=killed, check=True, capture_output=True)
    expected, resumed = weights_in(whole), weights_in(killed)
    for name, array in expected.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
    assert len(list(killed.glob("experiments/runs/eraser/*"))) == 1
