"""Self-training: rounds, selection, resuming, and what it answers to bad input."""

import csv
import itertools
import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from base.bundle import Bundle
from base.errors import UserError
from data_generators.self_training import SelfTrainingData
from tests.conftest import TEXTS, TINY_LINES, config, write_lines
from trainers.modes.train import train
from trainers.rounds.selection import PseudoLabel, read_labels, select, write_labels
from utils.configuration.check import check

pytestmark = pytest.mark.usefixtures("no_export")
ROUNDS = [
    *("trainer.epochs=2", "trainer.steps_per_epoch=3", "replay_share=0.25", "replay.languages=[en]", "stop_at_agreement=null"),
    *("selection.fractions=[0.5,1.0]", "trainer.learning_rate=1e-4"),
]


def adapting(teacher, root, *overrides):
    tiny = [override for override in TINY_LINES if not override.startswith(("task=", "model."))]
    return config(
        "task=self_training", *tiny, *ROUNDS, f"trainer.init={teacher}", f"data.root={root}", "tracking=none", *overrides
    )


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    """The printed lines as images alone, for training; the other splits keep their texts."""
    root = write_lines(tmp_path_factory.mktemp("unlabelled") / "lines", dict.fromkeys(("train", "val", "test"), TEXTS))
    table = root / "labels.tsv"
    rows = [line.split("\t") for line in table.read_text("utf-8").splitlines()]
    hidden = [[cell if column != 1 or row[3] != "train" else "" for column, cell in enumerate(row)] for row in rows]
    table.write_text("\n".join("\t".join(row) for row in hidden) + "\n", encoding="utf-8")
    return root


def rounds_of(workplace):
    (run,) = workplace.glob("experiments/runs/self_training/*")
    with (run / "rounds.csv").open(encoding="utf-8") as file:
        return run, list(csv.DictReader(file))


def test_a_reader_adapts_to_images_without_texts(reader_run, unlabelled, workplace, capsys):
    cfg = adapting(reader_run[0] / "bundle", unlabelled)
    check(cfg)
    confidence = train(cfg)
    run, rounds = rounds_of(workplace)
    assert [float(row["accepted"]) for row in rounds] == [3, 6]
    assert "pseudo_label_cer" not in rounds[0]  # no truth is known of the training images
    assert float(rounds[1]["val_agreement"]) > 0.8
    assert "round 2: 6 of 6 pseudo-labels accepted" in capsys.readouterr().out
    for name in ("rounds.png", "rounds/01.png", "rounds/02.png"):
        assert (run / "figures" / name).is_file()
    assert {label.text for label in read_labels(run / "rounds/01.tsv")} == set(TEXTS)
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["test_cer"] < 0.1
    assert metrics["val_confidence"] == pytest.approx(confidence)
    bundle = Bundle.load(run / "bundle", "lines")  # a reader like any other
    assert bundle.facts["temperature"] == Bundle.load(reader_run[0] / "bundle").facts["temperature"]


@pytest.mark.slow
def test_a_killed_adaptation_goes_on_to_the_same_weights(reader_run, printed_lines, workplace, monkeypatch):
    from callbacks.scalars import Scalars

    for student in ("continued", "fresh"):
        cfg = adapting(reader_run[0] / "bundle", printed_lines, f"student={student}")
        ends = []
        for name, killed in (("whole", False), ("killed", True)):
            place = workplace / f"{student}-{name}"
            place.mkdir()
            monkeypatch.chdir(place)
            with monkeypatch.context() as patch:
                if killed:
                    steps = itertools.count(1)

                    def die(self, batch, logs=None, steps=steps):
                        if next(steps) == 5:
                            raise KeyboardInterrupt

                    patch.setattr(Scalars, "on_train_batch_end", die)
                    with pytest.raises(KeyboardInterrupt):
                        train(cfg)
            train(cfg)
            ends.append(Bundle.load(next(place.glob("experiments/runs/self_training/*/bundle"))).weights())
        for weight, array in ends[0].items():
            np.testing.assert_array_equal(ends[1][weight], array, err_msg=f"{student} {weight}")


@pytest.mark.slow
def test_rounds_that_read_alike_are_the_last(reader_run, printed_lines, workplace, capsys):
    train(adapting(reader_run[0] / "bundle", printed_lines, "trainer.epochs=6", "stop_at_agreement=0.5"))
    assert len(rounds_of(workplace)[1]) == 4  # the first in which everything was learned
    assert "read 100.0% alike" in capsys.readouterr().out


@pytest.mark.slow
def test_images_alone_are_enough(reader_run, printed_lines, workplace, capsys):
    """No texts anywhere: splits are drawn, and the report says that no CER is known."""
    shutil.copytree(printed_lines / "images", workplace / "scans")
    confidence = train(adapting(reader_run[0] / "bundle", workplace / "scans", "trainer.epochs=1"))
    assert 0 < confidence <= 1
    assert "their CER is not known" in capsys.readouterr().out
    run, rounds = rounds_of(workplace)
    assert not {"val_cer", "pseudo_label_cer"} & set(rounds[0])
    assert "test_cer" not in json.loads((run / "metrics.json").read_text())


def test_silence_is_no_virtue():
    """A student that has stopped to read anything is neither sure nor in agreement with itself."""
    from predictors.reading.confidence import LineReading, Span
    from trainers.reports.lines import MeasuredLine
    from trainers.self_training import agreement, sureness_of

    silent = MeasuredLine(0, "", "", "", LineReading("", 1.0))
    sure = MeasuredLine(0, "", "", "", LineReading("a", 0.9, characters=[Span("a", 0.9, 0, 1)]))
    assert sureness_of([silent, silent]) == 0.0
    assert sureness_of([silent, sure]) == pytest.approx(0.45)
    assert agreement(["", ""], ["", ""]) == 0.0
    assert agreement(["ab"], ["ab"]) == 1.0


@pytest.mark.slow
def test_a_round_that_was_not_told_of_is_told_after_a_resume(reader_run, printed_lines, workplace, monkeypatch):
    import trainers.self_training as module

    cfg = adapting(reader_run[0] / "bundle", printed_lines)
    with monkeypatch.context() as patch:

        def die(*_):
            raise KeyboardInterrupt

        patch.setattr(module, "labels_sheet", die)
        with pytest.raises(KeyboardInterrupt):
            train(cfg)
    train(cfg)
    assert [row["round"] for row in rounds_of(workplace)[1]] == ["1.0", "2.0"]


@pytest.mark.slow
def test_a_fresh_student_learns_in_every_round(reader_run, printed_lines, workplace):
    from callbacks.scalars import Scalars

    cfg = adapting(reader_run[0] / "bundle", printed_lines, "student=fresh", "trainer.learning_rate=1e-2")
    rates = []

    def noting(self, batch, logs=None):
        rates.append(float(self.model.optimizer.learning_rate))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Scalars, "on_train_batch_end", noting)
        train(cfg)
    assert rates[:3] == pytest.approx(rates[3:])
    assert max(rates) > 1e-3


@pytest.mark.slow
def test_broken_images_are_left_out(reader_run, printed_lines, workplace, capsys):
    for path in (printed_lines / "images").iterdir():
        split = path.name.partition("_")[0]
        (workplace / "scans" / split).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, workplace / "scans" / split)
    broken = workplace / "scans/train/train_0.png"
    broken.write_bytes(broken.read_bytes()[:60])
    train(adapting(reader_run[0] / "bundle", workplace / "scans", "trainer.epochs=1"))
    assert "cannot be read and are left out" in capsys.readouterr().out


@pytest.mark.slow
def test_learning_from_test_images_is_said(reader_run, printed_lines, workplace, capsys):
    train(adapting(reader_run[0] / "bundle", printed_lines, "learn_from=all", "trainer.epochs=1"))
    assert "nothing is held back (transductive): 18 images" in capsys.readouterr().out
    card = next(workplace.glob("experiments/runs/self_training/*/bundle/card.md")).read_text("utf-8")
    assert "transductive" in card


@pytest.mark.slow
def test_a_round_is_a_run_below_the_run(reader_run, printed_lines, workplace):
    import mlflow

    cfg = adapting(reader_run[0] / "bundle", printed_lines, "trainer.epochs=1", "tracking=mlflow")
    OmegaConf.update(cfg, "tracking.uri", f"sqlite:///{workplace}/mlflow.db")
    train(cfg)
    client = mlflow.MlflowClient(cfg.tracking.uri)
    runs = client.search_runs([client.get_experiment_by_name(cfg.tracking.experiment).experiment_id])
    (part,) = [run for run in runs if run.info.run_name == "round 1"]
    (whole,) = [run for run in runs if run is not part]
    assert part.data.tags["mlflow.parentRunId"] == whole.info.run_id
    assert {"accept_rate", "pseudo_label_cer", "val_cer"} <= set(part.data.metrics)


@pytest.mark.slow
def test_where_nothing_is_confident_enough_nothing_is_lost(reader_run, printed_lines, workplace, monkeypatch, capsys):
    threshold = ["selection.by=threshold", "selection.threshold=1.0"]
    with pytest.raises(UserError, match=r"none of 6 readings is as confident as .*set selection.by=fraction"):
        train(adapting(reader_run[0] / "bundle", printed_lines, *threshold))
    import trainers.self_training as module

    def only_once(labels, selection, number, rounds):
        return [] if number else list(labels)

    monkeypatch.setattr(module, "select", only_once)
    train(adapting(reader_run[0] / "bundle", printed_lines, "seed=2"))
    assert "The rounds end here, with what was learned before" in capsys.readouterr().out
    assert next(workplace.glob("experiments/runs/self_training/*/bundle/bundle.json")).is_file()


def test_all_images_of_a_folder_without_splits_are_learned(reader_run, printed_lines, tmp_path):
    scans = tmp_path / "scans"
    shutil.copytree(printed_lines / "images", scans)
    teacher = reader_run[0] / "bundle"
    assert len(SelfTrainingData.of(adapting(teacher, scans), "train")) == 18
    stated = SelfTrainingData.of(adapting(teacher, printed_lines), "train")
    assert len(stated) == 6 and "held back (learn_from=all" in stated.fingerprint()
    drawn = SelfTrainingData.of(adapting(teacher, scans, "data.split.by=fraction", "data.split.val=0.5"), "train")
    assert len(drawn) < 18  # who asks for splits gets them


def test_a_teacher_must_fit(reader_run, tiny_bundle, printed_lines, workplace):
    teacher = reader_run[0] / "bundle"
    charset = workplace / "greek.txt"
    charset.write_text("αβγ", encoding="utf-8")
    for cfg, message in (
        (adapting(teacher, printed_lines, f"charset={charset}"), "is not the teacher's: .* the teacher lacks"),
        (adapting(tiny_bundle.folder, printed_lines), "this bundle reads nothing"),
    ):
        with pytest.raises(UserError, match=message) as error:
            train(cfg)
        assert "\n" not in str(error.value)


def test_the_student_is_what_its_teacher_is(reader_run, printed_lines):
    cfg = adapting(reader_run[0] / "bundle", printed_lines, "model=crnn_small")
    completed = SelfTrainingData.of(cfg, "train").complete(cfg)
    assert completed.model == Bundle.load(reader_run[0] / "bundle").config.model


def test_bad_input_is_answered_in_a_line(reader_run, printed_lines, workplace):
    teacher = reader_run[0] / "bundle"
    (workplace / "empty").mkdir()
    with pytest.raises(UserError, match="empty"):
        train(adapting(teacher, workplace / "empty"))
    shutil.copytree(teacher, workplace / "thai")
    bundle = Bundle.load(workplace / "thai")
    bundle.learn({"charset": "กขค"})
    with pytest.raises(UserError, match=r"none of its words can be written|no font"):
        train(adapting(workplace / "thai", printed_lines))
    for override, message in (
        ("selection.fractions=[]", "selection.fractions"),
        ("selection.by=luck", "choose one of fraction, threshold"),
        ("replay_share=1", "replay_share=1"),
        ("student=old", "choose one of continued, fresh"),
        ("learn_from=val", "choose one of auto, train, all"),
        ("stop_at_agreement=3", "stop_at_agreement=3"),
        ("trainer.init=null", "trainer.init= is missing"),
        ("replay.languages=[]", "replay.languages must not be empty"),
        ("trainer=lines", "use trainer=self_training"),
        ("objective=cer", "judged without labels"),
    ):
        with pytest.raises(UserError, match=message):
            check(adapting(teacher, printed_lines, override))


@given(
    confidences=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    fractions=st.lists(st.floats(0.01, 1), min_size=1, max_size=5),
    number=st.integers(0, 9),
)
def test_the_most_confident_part_is_selected(confidences, fractions, number):
    labels = [PseudoLabel(index, ["", "x", " "][index % 3], value) for index, value in enumerate(confidences)]
    cfg = OmegaConf.create({"by": "fraction", "fractions": fractions, "threshold": 0.5})
    chosen = select(labels, cfg, number, 10)
    read = [label for label in labels if label.text.strip()]
    assert len(chosen) <= max(1, len(read)) and all(label.text == "x" for label in chosen)
    left = [label for label in read if label not in chosen]
    assert not left or not chosen or max(label.confidence for label in left) <= min(label.confidence for label in chosen)
    cfg.by = "threshold"
    sure = {label.index for label in read if label.confidence >= 0.5}
    assert {label.index for label in select(labels, cfg, number, 10)} == sure


def test_labels_come_back_as_they_were(tmp_path):
    labels = [PseudoLabel(0, 'a "quoted"\ttab', 0.1234567890123), PseudoLabel(1, "", 0.0), PseudoLabel(2, "é", 1.0)]
    write_labels(tmp_path / "labels.tsv", labels)
    assert read_labels(tmp_path / "labels.tsv") == labels
