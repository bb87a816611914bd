"""A teacher that labels on a cluster says what it says alone."""

import pytest

from tests.trainers.test_self_training import adapting
from trainers.modes.train import train
from trainers.rounds.selection import read_labels


@pytest.mark.slow
@pytest.mark.usefixtures("no_export")
def test_labels_are_those_of_one_process(reader_run, printed_lines, nodes, workplace, monkeypatch):
    rounds = []
    for name, cluster in (("alone", []), ("there", ["cluster=ray", f"cluster.address={nodes.address}"])):
        place = workplace / name
        place.mkdir()
        monkeypatch.chdir(place)
        train(adapting(reader_run[0] / "bundle", printed_lines, *cluster))
        (run,) = place.glob("experiments/runs/self_training/*")
        rounds.append([read_labels(run / f"rounds/{number:02d}.tsv") for number in (1, 2)])
    for alone, there in zip(*rounds, strict=True):
        assert [label.text for label in there] == [label.text for label in alone]
        assert [label.confidence for label in there] == pytest.approx([label.confidence for label in alone], abs=1e-3)
