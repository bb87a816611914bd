"""Batches on three nodes: the same files as from one process, whatever dies meanwhile."""

import json
import os
import signal
import time
from pathlib import Path

import cv2
import pytest

from tests.cluster.conftest import command, done, ended, files_of, settings, wait_for
from tests.predictors.test_pages import page_of
from tests.utils.squares import Loud
from utils.compute.ray_pool import RayPool

# lines, pages, drawn samples: enough for something to die in the middle; as many as in docs/results/clusters.md
SIZES = [pytest.param((60, 6, 80), id="small"), pytest.param((300, 20, 2000), id="whole", marks=pytest.mark.slow)]
MANY_LINES = ("mode=generate", "data=synthetic", "data.languages=[en]", "splits=[test]")


@pytest.fixture(scope="module", params=SIZES)
def batches(request, tmp_path_factory):
    """By name, a command without its output, and the output of one process."""
    lines, pages, drawn = request.param
    place = tmp_path_factory.mktemp("batches")
    done(*MANY_LINES, f"count={lines}", f"output={place / 'lines'}")
    (place / "pages").mkdir()
    words = ["the", "cat", "sat", "on", "a", "hill", "all", "balls", "see", "a", "moon", "bees", "hum", "book", "keeper"]
    for number in range(pages):
        texts = [" ".join(words[(number + line) % 9 :][:5]) for line in range(3)]
        cv2.imwrite(str(place / "pages" / f"{number:03d}.png"), page_of(texts))
    (place / "pages" / "broken.png").write_bytes(b"no picture")
    commands = {
        "lines": ("mode=predict", "task=lines", f"input={place / 'lines/images/test'}"),
        "pages": ("mode=predict", "task=pages", f"input={place / 'pages'}", "formats=[page,txt]"),
        "drawn": (*MANY_LINES, f"count={drawn}"),
        "packed": ("mode=convert", "data=folder", f"data.root={place / 'lines'}", "format=parquet"),
        "words": ("mode=cut_words", "task=lines", f"data.root={place / 'lines'}", "splits=[test]"),
    }
    outputs = {}
    for name, arguments in commands.items():
        done(*arguments, f"output={place / name}_alone", code=CODES.get(name, 0))
        outputs[name] = files_of(Path(f"{place / name}_alone"))
    return {name: (arguments, outputs[name]) for name, arguments in commands.items()}


CODES = {"pages": 1}  # one of them cannot be read


def on(nodes, *arguments):
    """A command on the cluster, whose output is a folder here."""
    return command(*arguments, "cluster=ray", f"cluster.address={nodes.address}", "output=out")


def answered() -> int:
    """How many inputs are answered so far, or samples drawn."""
    log = Path("out/predictions.partial.jsonl")
    return log.read_bytes().count(b"\n") if log.is_file() else sum(1 for _ in Path().glob("*out*/images/test/*"))


@pytest.mark.parametrize("name", ["lines", "pages", "drawn", "packed", "words"])
def test_three_nodes_do_what_one_process_does(name, batches, nodes):
    arguments, expected = batches[name]
    ended(on(nodes, *arguments), CODES.get(name, 0))
    assert files_of(Path("out")) == expected


@pytest.mark.parametrize("name", ["lines", "pages", "drawn"])
def test_a_node_that_is_lost_costs_nothing(name, batches, nodes):
    arguments, expected = batches[name]
    process = on(nodes, *arguments)
    wait_for(answered, process)
    nodes.lose_one()
    ended(process, CODES.get(name, 0))
    assert files_of(Path("out")) == expected


def test_answers_that_are_lost_with_their_node_are_made_again(nodes, workplace):
    answers = RayPool(settings(address=nodes.address), workplace / "out").map(Loud(), range(12))
    first = next(answers)
    time.sleep(3)  # others are done meanwhile, and wait on their nodes
    nodes.lose_one()
    assert [first, *answers] == [bytes([number]) * 2_000_000 for number in range(12)]


def test_a_worker_that_is_killed_costs_nothing(batches, nodes):
    arguments, expected = batches["lines"]
    process = on(nodes, *arguments)
    wait_for(answered, process)
    nodes.lose_a_worker()
    ended(process)
    assert files_of(Path("out")) == expected


@pytest.mark.parametrize("name", ["lines", "drawn"])
def test_the_command_goes_on_where_it_was_killed(name, batches, nodes):
    arguments, expected = batches[name]
    process = on(nodes, *arguments)
    wait_for(answered, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    ended(on(nodes, *arguments, *(["resume=true"] if name == "lines" else [])))
    assert files_of(Path("out")) == expected
    if name == "lines":
        names = [json.loads(line)["image"] for line in Path("out/predictions.jsonl").read_text().splitlines()]
        assert len(names) == len(set(names))


def test_check_data_says_the_same(batches, nodes):
    root = batches["packed"][0][2]
    alone = done("mode=check_data", "data=folder", root).splitlines()
    there = done("mode=check_data", "data=folder", root, "cluster=ray", f"cluster.address={nodes.address}").splitlines()
    assert "/s" in alone[0] and alone[0].split()[:2] == there[0].split()[:2]
    assert there[1:] == alone[1:], "but for the samples a second"
