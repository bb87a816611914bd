"""Readers of lines: learned by heart, measured, compared, tuned, fine-tuned, resumed."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from base.bundle import Bundle
from base.errors import UserError
from tests.conftest import TEXTS, TINY_LINES, config, write_lines
from trainers.modes.compare import Compared, compare, error_rate, interval
from trainers.modes.evaluate import evaluate
from trainers.modes.inherit import inherit
from trainers.modes.train import train
from trainers.modes.tune import tune
from utils.configuration.check import check


@pytest.mark.backend
def test_one_epoch_and_an_answer_on_any_backend(printed_lines, workplace):
    from predictors import load

    train(config(*TINY_LINES, f"data.root={printed_lines}", "tracking=none"))
    (bundle,) = workplace.glob("experiments/runs/lines/*/bundle")
    (answer,) = load("lines", str(bundle)).predict([next((printed_lines / "images").iterdir())])
    assert answer.error is None
    assert 0.0 <= answer.values["confidence"] <= 1.0


@pytest.mark.slow
@pytest.mark.backend
@pytest.mark.usefixtures("no_export")
def test_two_readers_learn_side_by_side(printed_lines, workplace):
    """Each becomes a bundle of its own; the second answers with what it has learned itself."""
    from predictors import load

    some = ["trainer.steps_per_epoch=6", "trainer.learning_rate=4e-3", "trainer.ema_momentum=0.5", "test_samples=2"]
    train(config(*TINY_LINES, *some, f"data.root={printed_lines}", "tracking=none", "trainer.beside=crnn_small"))
    (run,) = (workplace / "experiments/runs/lines").iterdir()
    first, second = (Bundle.load(run / name) for name in ("bundle", "beside"))
    assert (first.config.model.name, second.config.model.name) == ("conv_ctc", "crnn_small")
    assert first.facts["charset"] == second.facts["charset"]
    assert set(second.config) == {"task", "model", "text_rules"}
    image = next((printed_lines / "images").iterdir())
    assert load("lines", str(run / "beside")).predict([image])[0].error is None
    bias = next(array for name, array in second.weights().items() if name.startswith("characters.0/bias"))
    assert np.abs(bias).max() > 0.001  # it began as zeros


@pytest.mark.backend
def test_an_epoch_is_compiled_once_for_each_bucket(printed_lines, workplace, monkeypatch):
    """On JAX every shape of a batch is compiled for itself."""
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "jax":
        pytest.skip("nothing is compiled by shape here")
    from base.trainer import BaseTrainer

    steps, honest = [], BaseTrainer.fit

    def fit(self, callbacks, first_epoch):
        honest(self, callbacks, first_epoch)
        steps.append(compiled_shapes(self.model.network.train_function))

    monkeypatch.setattr(BaseTrainer, "fit", fit)
    train(config(*TINY_LINES, f"data.root={printed_lines}", "tracking=none", "trainer.steps_per_epoch=20", "test_samples=2"))
    assert 1 <= steps[0] <= 2  # buckets of TINY_LINES


def compiled_shapes(train_function) -> int:
    """How many programs JAX has compiled for a network's training step."""
    found = [cell.cell_contents for cell in train_function.__closure__ if hasattr(cell.cell_contents, "_cache_size")]
    return max(function._cache_size() for function in found)


@pytest.mark.usefixtures("no_export")
@pytest.mark.slow
def test_more_minutes_go_on_where_the_clock_stopped(printed_lines, workplace):
    short = [*TINY_LINES, f"data.root={printed_lines}", "tracking=none", "test_samples=2", "callbacks.early_stopping=null"]
    train(config(*short, "trainer.minutes=0.03"))
    (run,) = (workplace / "experiments/runs/lines").iterdir()
    before = (run / "history.csv").read_text("utf-8")
    with np.load(run / "checkpoints/last.npz") as stored:
        used = json.loads(str(stored["state"]))["callbacks"]["Clock"]["used_seconds"]
    assert used >= 1.8
    train(config(*short, "trainer.minutes=0.06", f"trainer.resume={run}"))
    after = (run / "history.csv").read_text("utf-8")
    assert after.startswith(before) and len(after) > len(before)
    with np.load(run / "checkpoints/last.npz") as stored:
        assert used < 3.6 <= json.loads(str(stored["state"]))["callbacks"]["Clock"]["used_seconds"]


def test_a_few_lines_are_learned_by_heart(reader_run):
    run, cer = reader_run
    assert cer == 0.0
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["test_exact_lines"] == 1.0
    assert {f"test_{name}" for name in ("wer", "ece_characters", "ece_words", "ece_lines", "lines_per_second")} <= set(metrics)
    for name in ("reliability.png", "rejection.png", "confusions.png", "worst_lines.png", "gallery/epoch_0001.png"):
        assert (run / "figures" / name).is_file(), name


def test_the_bundle_knows_what_it_reads(reader_run):
    bundle = Bundle.load(reader_run[0] / "bundle", "lines")
    assert bundle.facts["charset"] == "".join(sorted(set("".join(TEXTS))))
    assert bundle.facts["temperature"] != 1.0  # it was fitted
    assert {"decoder", "spelling", "competitors"}.isdisjoint(bundle.config)


def test_lines_tsv_has_every_line(reader_run):
    with (reader_run[0] / "lines.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["truth"] for row in rows] == TEXTS
    assert all(row["text"] == row["truth"] and row["edits"] == "0" for row in rows)


def evaluation(printed_lines, bundle, *overrides):
    return config("mode=evaluate", *TINY_LINES, f"data.root={printed_lines}", f"weights={bundle}", "tracking=none", *overrides)


@pytest.mark.parametrize("split", ["train", "val"])
def test_any_split_can_be_evaluated(reader_run, printed_lines, workplace, split):
    assert evaluate(evaluation(printed_lines, reader_run[0] / "bundle", f"split={split}")) == 0.0


def test_two_runs_are_compared_line_by_line(reader_run, printed_lines, workplace, capsys):
    run = reader_run[0]
    worse = workplace / "worse"
    worse.mkdir()
    text = (run / "lines.tsv").read_text("utf-8").replace("\t0\tbees hum\tbees hum", "\t2\tbees hum\tbee um")
    (worse / "lines.tsv").write_text(text, encoding="utf-8")
    cfg = config("mode=compare", f"runs=[{run},{worse}]", "output=out")
    check(cfg)
    compare(cfg)
    answer = capsys.readouterr().out
    assert "0 lines are better in the second, 1 worse, 5 alike" in answer
    assert any(row.split()[-3:] == ["15", "2", "0"] for row in answer.splitlines())  # of 15 words, two right in the first alone
    rows = (workplace / "out/comparison.tsv").read_text("utf-8").splitlines()
    assert rows[1].startswith("2\t")
    assert (workplace / "out/comparison.png").is_file()
    with pytest.raises(UserError, match="overwrite=true"):
        compare(cfg)


def test_the_interval_holds_the_difference_and_shrinks_with_more_lines():
    rng = np.random.default_rng(1)

    def lines(count):
        return [Compared("a", f"g{n}", "x" * 20, ("", ""), (int(rng.integers(4)), int(rng.integers(1, 5)))) for n in range(count)]

    few, many = lines(40), lines(4000)
    for compared in (few, many):
        low, high = interval(compared, 1000, 1)
        assert low < error_rate(compared, 1) - error_rate(compared, 0) < high
    assert np.diff(interval(many, 1000, 1)) < 0.2 * np.diff(interval(few, 1000, 1))
    one_group = [replace(line, group="w") for line in few]
    assert np.diff(interval(one_group, 1000, 1)) > 0


def test_runs_of_other_lines_are_not_compared(reader_run, workplace):
    other = workplace / "other"
    other.mkdir()
    text = (reader_run[0] / "lines.tsv").read_text("utf-8").replace("on a hill", "off a hill")
    (other / "lines.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="did not read the same lines"):
        compare(config("mode=compare", f"runs=[{reader_run[0]},{other}]", "output=out"))


def test_a_decoder_is_tuned_and_kept_in_the_bundle(reader_run, printed_lines, workplace, capsys):
    bundle = workplace / "bundle"
    shutil.copytree(reader_run[0] / "bundle", bundle)
    words = workplace / "words.txt"
    words.write_text("\n".join(sorted(set(" ".join(TEXTS).split()))), encoding="utf-8")
    cfg = config(
        *("mode=tune", *TINY_LINES, f"data.root={printed_lines}", f"weights={bundle}", "tracking=none"),
        *("decoder=lexicon", f"decoder.words={words}", "into_bundle=true", "grid.unknown_word=[-3.0]", "grid.bonus=[0.0,0.5]"),
    )
    check(cfg)
    assert tune(cfg) == 0.0
    assert "best: " in capsys.readouterr().out
    words.unlink()
    from predictors import load

    reader = load("lines", str(bundle))
    assert type(reader.texts.decoder).__name__ == "LexiconDecoder"
    sample = next((printed_lines / "images").glob("test_0.png"))
    assert reader.predict([sample])[0].values["text"] == TEXTS[0]


@pytest.mark.slow
@pytest.mark.usefixtures("no_export")
def test_fine_tuning_with_another_charset_keeps_what_is_known(reader_run, workplace, capsys):
    """Before its first step the new reader reads the old characters as the old one did."""
    lines = write_lines(workplace / "more", {split: [*TEXTS, "zebra x"] for split in ("train", "val", "test")})
    before = Bundle.load(reader_run[0] / "bundle").weights()["characters.0/kernel"]
    cfg = config(
        *(*TINY_LINES, f"data.root={lines}", f"trainer.init={reader_run[0] / 'bundle'}", "tracking=none"),
        *("trainer.learning_rate=1e-9", "trainer.final_learning_rate=1e-9", "trainer.weight_decay=0", "trainer.ema_momentum=0"),
        "test_samples=6",
    )
    train(cfg)
    (run,) = (workplace / "experiments/runs/lines").iterdir()
    bundle = Bundle.load(run / "bundle")
    assert set(bundle.facts["charset"]) == set("".join(TEXTS)) | set("zebra x")
    old = Bundle.load(reader_run[0] / "bundle").facts["charset"]
    after = bundle.weights()["characters.0/kernel"]
    for character in old:
        for half in range(2):
            was = before[:, half * (len(old) + 1) + 1 + old.index(character)]
            now = after[:, half * (len(bundle.facts["charset"]) + 1) + 1 + bundle.facts["charset"].index(character)]
            np.testing.assert_allclose(was, now, atol=2e-3)


def test_the_bundles_text_rules_hold_where_it_is_measured(reader_run, workplace):
    bundle = workplace / "bundle"
    shutil.copytree(reader_run[0] / "bundle", bundle)
    loaded = Bundle.load(bundle)
    loaded.config.text_rules = {"dashes": "hyphen"}
    assert inherit(config("task=lines", "mode=evaluate", "weights=x"), loaded).text_rules == {"dashes": "hyphen"}
    stated = config("task=lines", "mode=evaluate", "weights=x", "text_rules={quotes:straight}")
    assert inherit(stated, loaded).text_rules == {"quotes": "straight"}


@pytest.mark.usefixtures("no_export")
@pytest.mark.slow
def test_a_reader_learns_from_another_what_no_text_says(reader_run, printed_lines, workplace):
    """The student sees no text at all, and reads as its teacher does."""
    shutil.copytree(printed_lines, workplace / "lines")
    table = workplace / "lines/labels.tsv"
    rows = [row.split("\t") for row in table.read_text("utf-8").splitlines()]
    table.write_text("".join("\t".join([row[0], "" if row[3] == "train" else row[1], *row[2:]]) + "\n" for row in rows), "utf-8")
    bundle = reader_run[0] / "bundle"
    charset = workplace / "charset.txt"
    charset.write_text(Bundle.load(bundle).facts["charset"], encoding="utf-8")
    cer = train(
        config(
            *(*TINY_LINES, f"data.root={workplace / 'lines'}", f"charset={charset}", "tracking=none"),
            *(f"trainer.distil={bundle}", "trainer.distil_weight=1.0", "trainer.steps_per_epoch=300"),
            *("trainer.learning_rate=4e-3", "trainer.warmup_steps=20", "model.columns=48"),
        )
    )
    assert cer < 0.2


def test_a_teacher_with_other_characters_is_refused(reader_run, workplace):
    lines = write_lines(workplace / "more", {split: ["zebra", "zoo"] for split in ("train", "val", "test")})
    with pytest.raises(UserError, match=r"this reader has other characters \(charset\)"):
        train(config(*TINY_LINES, f"data.root={lines}", f"trainer.distil={reader_run[0] / 'bundle'}", "tracking=none"))


def test_another_tasks_bundle_has_nothing_to_start_from(tiny_bundle, printed_lines, workplace):
    with pytest.raises(UserError, match=r"only \d+ of \d+ weights fit model=conv_ctc"):
        train(config(*TINY_LINES, f"data.root={printed_lines}", f"trainer.init={tiny_bundle.folder}", "tracking=none"))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["task=eraser", "decoder=beam"], "decoder=beam is for tasks that read"),
        (["task=lines", "trainer=eraser"], "use trainer=lines with task=lines"),
        (["task=eraser", "trainer=lines"], "trainer=eraser with task=eraser"),
        (["task=lines", "mode=demo"], "mode=demo trains task=eraser"),
        (["task=lines", "mode=generate", "output=x"], "draws nothing of its own"),
        (["task=lines", "mode=tune", "weights={bundle}"], "decoder= is missing"),
        (["task=lines", "trainer.distil=nowhere"], "is not a bundle"),
        (["task=words", "trainer.distil={bundle}"], "it is for task=lines"),
        (["task=words", "trainer.beside=conv_ctc_large"], "it is for task=lines"),
        (["task=lines", "trainer.beside=conv_ctc_larg"], "did you mean conv_ctc_large"),
        (["task=lines", "model=crnn_line", "model.frame_px=3"], "choose one of 1, 2, 4, 8"),
        (["task=lines", "model.height_px=50"], "a multiple of 16 is needed"),
        (["task=lines", "reject_below=7"], "a confidence from 0 to 1"),
        (["task=lines", "text_rules={quotes:bent}"], "text_rules.quotes"),
        (["task=lines", "model=unet"], "model=unet is for task=eraser"),
        (["task=lines", "spelling.distance=3"], "1 or 2 edits"),
        (["task=lines", "charset=none.txt"], "there is no such file"),
        (["task=lines", "decoder=character_ngram", "decoder.model=none.arpa"], "mode=learn_text writes one"),
    ],
)
def test_what_does_not_go_together_is_told_in_a_line(reader_run, printed_lines, overrides, message):
    given = [override.format(bundle=reader_run[0] / "bundle") if "{bundle}" in override else override for override in overrides]
    with pytest.raises(UserError, match=message) as error:
        check(config(*given, f"data.root={printed_lines}"))
    assert "\n" not in str(error.value)


def test_a_given_charset_must_have_the_texts_characters(printed_lines, workplace):
    charset = workplace / "charset.txt"
    charset.write_text("".join(sorted(set("".join(TEXTS)) - {"k"})), encoding="utf-8")
    with pytest.raises(UserError, match=r"k \(LATIN SMALL LETTER K\)"):
        train(config(*TINY_LINES, f"data.root={printed_lines}", f"charset={charset}", "tracking=none"))


@pytest.mark.slow
@pytest.mark.usefixtures("no_export")
def test_a_killed_and_resumed_training_ends_with_the_same_weights(printed_lines, workplace, monkeypatch):
    """What a kill leaves is the checkpoint of the last whole epoch; here the second epoch fails half-way."""
    from callbacks.scalars import Scalars

    overrides = [*TINY_LINES, f"data.root={printed_lines}", "tracking=none", "trainer.epochs=2", "model.dropout=0.1"]
    places = [workplace / "whole", workplace / "killed"]
    for place in places:
        place.mkdir()
    monkeypatch.chdir(places[0])
    train(config(*overrides))
    monkeypatch.chdir(places[1])
    honest = Scalars.on_train_batch_end

    def die(self, batch, logs=None):
        if self.context.trainer.model.network.optimizer.iterations == 5:
            raise KeyboardInterrupt
        honest(self, batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(Scalars, "on_train_batch_end", die)
        with pytest.raises(KeyboardInterrupt):
            train(config(*overrides))
    train(config(*overrides))
    whole, resumed = (Bundle.load(next(place.glob("experiments/runs/lines/*/bundle"))).weights() for place in places)
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
