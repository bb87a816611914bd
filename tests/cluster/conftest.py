"""A Ray cluster of three nodes of one processor each, on this machine; nodes can be lost. Without Ray nothing here is tested."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from tests.conftest import ROOT

ray = pytest.importorskip("ray", reason="make env-cluster installs it")
PATIENCE_SECONDS = 300


class ThreeNodes:
    """The cluster; what is lost is there again for the next test."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 1, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.others = [self.cluster.add_node(num_cpus=1) for _ in range(2)]
        self.address = self.cluster.address

    def lose_one(self) -> None:
        """Kills a node that is not the head, as a power cut does."""
        self.cluster.remove_node(self.others.pop(), allow_graceful=False)

    def lose_a_worker(self) -> None:
        """Kills a process that works, as a system does that runs out of memory."""
        nodes = [self.cluster.head_node, *self.others]
        parents = {process.process.pid for node in nodes for process in node.all_processes["raylet"]}
        rows = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
        workers = [row.split(maxsplit=2) for row in rows if "ray::Worker" in row]
        busy = [int(process) for process, parent, _ in workers if int(parent) in parents]
        assert busy, "nobody works"
        os.kill(busy[-1], signal.SIGKILL)

    def mend(self) -> None:
        """Gives back what was lost."""
        while len(self.others) < 2:
            self.others.append(self.cluster.add_node(num_cpus=1))


@pytest.fixture(scope="session")
def cluster():
    nodes = ThreeNodes()
    yield nodes
    nodes.cluster.shutdown()


@pytest.fixture
def nodes(cluster, workplace):
    """The cluster, whole, and an empty working directory."""
    cluster.mend()
    yield cluster
    ray.shutdown()  # this process, where it has joined


def settings(**values) -> DictConfig:
    """``cfg.cluster``."""
    known = {"address": None, "workers": None, "cpus_per_task": 1, "gpus_per_task": 0, "retries": 3, "in_flight": 2}
    return OmegaConf.create(known | values)


def command(*arguments: str) -> subprocess.Popen:
    """A command of its own process, which works in the current directory."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def done(*arguments: str, code: int = 0) -> str:
    """What a command printed that ended as it should."""
    return ended(command(*arguments), code)


def ended(process: subprocess.Popen, code: int = 0) -> str:
    """What a process printed that ended as it should."""
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code, printed
    return printed


def wait_for(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    """Waits until something holds while a process works."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < ends, "it never came to this"
        time.sleep(0.02)


def files_of(folder: Path) -> dict[str, bytes]:
    """Names to contents of all files below a folder, without the times that PAGE notes."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: re.sub(rb"<(Created|LastChange)>[^<]*", b"", content) for name, content in files.items()}
