"""Clusters that cannot be used: a line each, and nothing is begun."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from hydra.utils import get_method

from base.errors import UserError
from tests.cluster.conftest import done, settings
from tests.conftest import TINY, config, write_lines
from tests.predictors.test_pages import page_of, save
from tests.utils.squares import Squares
from utils.compute import ray_pool
from utils.configuration.check import check

PREDICT = ("mode=predict", *TINY, "input=in", "output=out", "cluster=ray")


@pytest.mark.parametrize(
    "mode",
    [
        ("mode=predict", "task=lines", "input=in"),
        ("mode=generate", "data=synthetic", "count=1"),
        ("mode=generate", *TINY, "count=1"),
        ("mode=convert", "data=folder", "data.root=in"),
        ("mode=cut_words", "task=lines", "data.root=in"),
        ("mode=check_data", "data=folder", "data.root=in"),
    ],
)
@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "127.0.0.1:port"])
def test_nobody_listens(mode, address, workplace):
    write_lines(Path("in"), {"test": ["a line"]})
    cfg = config(*mode, "output=out/here", "cluster=ray", f"cluster.address={address}")
    check(cfg)
    with pytest.raises(UserError, match=r"no cluster answers there .*ray start --head"):
        get_method(cfg.mode.function)(cfg)
    assert not [path for path in Path("out").rglob("*") if path.is_file()]


def test_the_command_says_so_in_a_line(workplace):
    save(Path("in/line.png"), page_of())
    printed = done(*PREDICT, "weights=pretrained", "cluster.address=127.0.0.1:9", code=2)
    assert printed.startswith("error: cluster.address=127.0.0.1:9: no cluster answers there") and printed.count("\n") == 1


def test_ray_is_not_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"Ray is not installed; make env-cluster"):
        check(config(*PREDICT, "tracking=none"))


@pytest.mark.parametrize(
    "values, words", [({"gpus_per_task": 2}, "0 GPUs"), ({"cpus_per_task": 64}, "the largest have 1 processors")]
)
def test_more_than_there_is(values, words, nodes):
    with pytest.raises(UserError, match=words):
        ray_pool.RayPool(settings(address=nodes.address, **values), Path())


def test_a_folder_that_the_nodes_do_not_share(nodes, workplace, monkeypatch):
    @contextmanager
    def seen_here_alone(folder):
        yield ray_pool.Mark(folder / "not_there", "")

    monkeypatch.setattr(ray_pool, "marked", seen_here_alone)
    pool = ray_pool.RayPool(settings(address=nodes.address), workplace)
    with pytest.raises(UserError, match=r"does not see .*name a folder that all nodes share"):
        list(pool.map(Squares(workplace), [1]))
    assert not list(workplace.iterdir())


def test_other_versions():
    said = "Version mismatch: The cluster was started with:\n    Ray: 2.40.0\n    Python: 3.10.1\nThis process ..."
    assert "other versions than this machine" in ray_pool.why_not(RuntimeError(said))


@pytest.mark.parametrize(
    "values, words",
    [
        ("hydra.launcher.workers=two", "hydra.launcher.workers"),
        ("hydra.launcher.cpus_per_task=0", "hydra.launcher.cpus_per_task=0: it must be at least 1"),
        ("cluster=ray", "leave cluster=ray out"),
    ],
)
def test_a_launcher_is_checked(values, words, workplace):
    printed = done("--multirun", "hydra/launcher=ray", *TINY, "seed=1,2", "tracking=none", values, code=2)
    assert printed.startswith("error: ") and words in printed
