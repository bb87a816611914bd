"""Pools of workers: one checklist for all of them."""

import importlib.util
import os
import time
from functools import partial
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from base.errors import UserError
from tests.utils.squares import Squares
from utils.compute.pools import Here, Lost, Opened, Processes

POOLS = {"here": Here, "processes": partial(Processes, 2)}
if importlib.util.find_spec("ray"):  # an extra: make test installs it, the environments of JAX and PyTorch have it not

    def ray_pool(**values):
        from utils.compute.ray_pool import RayPool

        cluster = {
            "name": "ray",
            "address": None,
            "workers": 2,
            "cpus_per_task": 1,
            "gpus_per_task": 0,
            "retries": 2,
            "in_flight": 2,
        }
        return RayPool(OmegaConf.create(cluster | values), Path.cwd())

    POOLS["ray"] = ray_pool


@pytest.fixture(params=POOLS)
def pool(request):
    return POOLS[request.param]()


@pytest.fixture(params=[name for name in POOLS if name != "here"])
def others(request):
    """Pools whose workers may die."""
    return POOLS[request.param]()


def test_results_come_in_order(pool, tmp_path):
    assert list(pool.map(Squares(tmp_path), range(20))) == [number**2 for number in range(20)]
    assert list(pool.map(Squares(tmp_path), [])) == []


def test_no_more_is_worked_on_than_is_asked_for(pool, tmp_path):
    taken = []

    def numbers():
        for number in range(100):
            taken.append(number)
            yield number

    results = pool.map(Squares(tmp_path), numbers())
    assert next(results) == 0
    time.sleep(0.2)
    assert len(taken) <= 8
    results.close()


def test_what_is_wrong_with_an_item_is_raised(pool, tmp_path):
    results = pool.map(Squares(tmp_path, wrong=3), range(6))
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    with pytest.raises(UserError) as error:
        next(results)
    assert str(error.value) == "3 is wrong"


def test_a_worker_that_dies_costs_nothing(others, tmp_path):
    assert list(others.map(Squares(tmp_path, deadly_once=4), range(12))) == [number**2 for number in range(12)]
    assert (tmp_path / "died_on_4").is_file()


def test_a_worker_that_dies_while_nobody_asks_costs_nothing(others, tmp_path):
    results = others.map(Squares(tmp_path, deadly_once=4), range(12))
    first = next(results)
    time.sleep(2)
    assert [first, *results] == [number**2 for number in range(12)]


def test_nothing_is_begun_for_no_items(others, tmp_path):
    assert list(others.map(Squares(tmp_path), [])) == []
    assert not list(tmp_path.glob("begun_*"))


def test_an_item_on_which_workers_die_is_lost_alone(others, tmp_path):
    results = list(others.map(Squares(tmp_path, deadly=4), range(12)))
    assert isinstance(results[4], Lost) and "died" in results[4].reason
    assert [result for number, result in enumerate(results) if number != 4] == [n**2 for n in range(12) if n != 4]


def test_processes_that_cannot_begin_are_not_tried_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.compute.pools._begin", os.abort)  # where they look it up
    with pytest.raises(UserError, match=r"processes=2: no process can begin"):
        list(Processes(2).map(Squares(tmp_path), range(100)))


def test_processes_share_the_cores_out():
    assert Processes(2, threads=8).threads == 4
    assert Processes(4, threads=2).threads == 1
    assert Processes(1).threads == len(os.sched_getaffinity(0))


def test_what_is_open_travels_as_its_way_to_open():
    import pickle

    opened = Opened(partial(list, "ab"), ["here"])
    assert opened.value == ["here"]
    assert pickle.loads(pickle.dumps(opened)).value == ["a", "b"]
