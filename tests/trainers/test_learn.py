"""mode=learn: measured before, learned, measured after, compared; cut off, it goes on."""

import json

import pytest

from base.bundle import Bundle
from base.errors import UserError
from configs.mode.learn import check
from tests.conftest import TINY_LINES, config, write_lines
from trainers.modes import learn as learning
from trainers.modes.learn import learn

NEW = {"train": ["a new hand", "no one knew"], "val": ["a new hand", "no one knew"]}


def wish(run, lines, *overrides):
    tiny = [override for override in TINY_LINES if not override.startswith("task=")]
    return config(
        *("mode=learn", "task=lines", *tiny, f"data.root={lines}", f"trainer.init={run / 'bundle'}", "output=learned"),
        *("tracking=none", "trainer.steps_per_epoch=60", "trainer.learning_rate=4e-3", "charset=null", *overrides),
    )


def test_a_reader_learns_and_is_measured(reader_run, workplace, no_export):
    run, _ = reader_run
    lines = write_lines(workplace / "mine", NEW)
    after = learn(wish(run, lines))
    result = json.loads((workplace / "learned/result.json").read_text())
    assert result["cer_after"] == after < result["cer_before"]
    rows = (workplace / "learned/comparison.tsv").read_text("utf-8").splitlines()
    assert len(rows) == 3 and {row.split("\t")[3] for row in rows[1:]} == set(NEW["val"])
    learned, begun = Bundle.load(workplace / result["learned"]), Bundle.load(run / "bundle")
    assert learned.facts["temperature"] == begun.facts["temperature"]  # it is as sure of itself as before


def test_what_was_cut_off_goes_on(reader_run, workplace, no_export, monkeypatch):
    run, _ = reader_run
    lines = write_lines(workplace / "mine", NEW)
    compare = learning.compare

    def die(cfg):
        raise KeyboardInterrupt

    monkeypatch.setattr(learning, "compare", die)
    with pytest.raises(KeyboardInterrupt):
        learn(wish(run, lines))
    steps = json.loads((workplace / "learned/steps.json").read_text())
    assert set(steps) == {"before", "learned", "after"} and not (workplace / "learned/result.json").exists()
    monkeypatch.setattr(learning, "compare", compare)
    monkeypatch.setattr(learning, "trained_bundle", die)  # nothing of it is done again
    learn(wish(run, lines))
    assert json.loads((workplace / "learned/result.json").read_text()).items() >= steps.items()


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["task=eraser", "trainer.init=x"], "task=lines"),
        (["task=lines"], "trainer.init= is missing"),
        (["task=lines", "trainer.init=x", "niceness=20"], "from 0 to 19"),
        (["task=lines", "trainer.init=x", "resamples=3"], "at least 100"),
    ],
)
def test_what_it_cannot_do_is_told(overrides, says):
    with pytest.raises(UserError, match=says):
        check(config("mode=learn", "output=x", *overrides))
