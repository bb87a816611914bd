"""Patience, plateaus and checkpoints."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from base.errors import UserError
from base.fitting.context import TrainingContext
from base.registry import CALLBACKS
from utils.runs.history import best_epoch, read_history

pytestmark = pytest.mark.backend


def context(folder=Path(), maximise=True):
    cfg = SimpleNamespace(objective="f1", maximise=maximise)
    return TrainingContext(cfg, None, None, folder, None)


def run_epochs(callback, values):
    """Feeds values of the monitored metric; returns the epoch (from 1) after which training stopped, or None."""
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_f1": value})
        if callback.model.stop_training:
            return epoch + 1
    return None


def with_model(callback, rate=0.1):
    callback.set_model(SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(learning_rate=rate)))
    return callback


def test_early_stopping_waits_as_long_as_told():
    stopping = with_model(CALLBACKS.get("early_stopping")(context(), patience_epochs=2))
    assert run_epochs(stopping, [0.1, 0.5, 0.4, 0.5, 0.9]) == 4


def test_less_can_be_better():
    stopping = with_model(CALLBACKS.get("early_stopping")(context(maximise=False), patience_epochs=1))
    assert run_epochs(stopping, [0.9, 0.5, 0.4, 0.6]) == 4


def test_patience_survives_a_resume():
    first = with_model(CALLBACKS.get("early_stopping")(context(), patience_epochs=3))
    assert run_epochs(first, [0.5, 0.4, 0.3]) is None
    second = with_model(CALLBACKS.get("early_stopping")(context(), patience_epochs=3))
    second.restore(first.state())
    assert run_epochs(second, [0.2]) == 1


def test_the_rate_falls_on_a_plateau_but_not_below_its_floor():
    reduce = with_model(CALLBACKS.get("reduce_on_plateau")(context(), patience_epochs=1, factor=0.1, lowest=0.005))
    run_epochs(reduce, [0.5, 0.5])
    assert reduce.model.optimizer.learning_rate == pytest.approx(0.01)
    run_epochs(reduce, [0.5, 0.5])
    assert reduce.model.optimizer.learning_rate == pytest.approx(0.005)


def compiled(cfg):
    import keras

    from base.registry import MODELS, TRAINERS
    from data_generators.eraser import EraserData
    from trainers.optimizers.by_name import make_optimizer

    keras.utils.set_random_seed(1)
    model = MODELS.get(cfg.model.name)(cfg.model)
    data = EraserData(cfg.data, "train", 1)
    trainer = TRAINERS.get("eraser")(cfg, model, data, data)
    trainer.compile(make_optimizer(cfg.trainer))
    return trainer


def test_a_checkpoint_restores_every_variable(tiny, tmp_path):
    cfg = tiny()
    trainer = compiled(cfg)
    trainer.model.network.train_on_batch(trainer.data.batch(0).inputs, trainer.data.batch(0).targets)
    saved = CALLBACKS.get("checkpoint")(TrainingContext(cfg, trainer, None, tmp_path, None))
    saved.set_model(trainer.model.network)
    saved.on_epoch_end(6, {"val_artifact_f1": 0.5})
    expected = {name: np.asarray(variable) for name, variable in saved._variables().items()}

    other = compiled(cfg)
    restored = CALLBACKS.get("checkpoint")(TrainingContext(cfg, other, None, tmp_path, None))
    assert restored.resume() == 7
    assert restored.best == 0.5
    for name, variable in restored._variables().items():
        np.testing.assert_array_equal(np.asarray(variable), expected.pop(name))
    assert not expected


@pytest.mark.parametrize(("keep", "kept"), [("best", 0), ("last", 1)])
def test_the_best_epoch_is_kept_or_the_last(tiny, tmp_path, keep, kept):
    cfg = tiny()
    trainer = compiled(cfg)
    checkpoint = CALLBACKS.get("checkpoint")(TrainingContext(cfg, trainer, None, tmp_path, None), keep=keep)
    checkpoint.set_model(trainer.model.network)
    weights = []
    for epoch, f1 in enumerate((0.5, 0.25)):
        trainer.model.network.train_on_batch(trainer.data.batch(epoch).inputs, trainer.data.batch(epoch).targets)
        checkpoint.on_epoch_end(epoch, {"val_artifact_f1": f1})
        weights.append({name: np.array(array) for name, array in trainer.model.weights().items()})
    checkpoint.load_best()
    for name, array in trainer.model.weights().items():
        np.testing.assert_array_equal(np.asarray(array), weights[kept][name])


def halve(content):
    return content[: len(content) // 2]


def flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes(255 - byte for byte in content[middle : middle + 40]) + content[middle + 40 :]


@pytest.mark.parametrize("damage", [halve, flip, lambda content: b"", lambda content: b"no zip at all"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_taken(tiny, tmp_path, capsys, damage):
    cfg = tiny()
    trainer = compiled(cfg)
    saved = CALLBACKS.get("checkpoint")(TrainingContext(cfg, trainer, None, tmp_path, None))
    saved.set_model(trainer.model.network)
    for epoch in range(3):
        saved.on_epoch_end(epoch, {"val_artifact_f1": 0.5})
    last, before = tmp_path / "checkpoints/last.npz", tmp_path / "checkpoints/before_last.npz"
    again = CALLBACKS.get("checkpoint")(TrainingContext(cfg, compiled(cfg), None, tmp_path, None))
    assert again.resume() == 3
    last.write_bytes(damage(last.read_bytes()))
    assert again.resume() == 2
    assert f"{last} cannot be read" in capsys.readouterr().out
    best = tmp_path / "checkpoints/best.npz"
    best.write_bytes(damage(best.read_bytes()))
    again.load_best()
    assert f"{best} cannot be read" in capsys.readouterr().out
    before.write_bytes(damage(before.read_bytes()))
    with pytest.raises(UserError, match=r"none of the checkpoints of .* can be read: start anew"):
        again.resume()


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_a_checkpoint_of_any_precision_can_be_resumed(tiny, tmp_path, precision):
    """In float16 the loss is scaled, by variables that have to be there before the first step."""
    import keras

    cfg, before = tiny(), keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        trainer = compiled(cfg)
        saved = CALLBACKS.get("checkpoint")(TrainingContext(cfg, trainer, None, tmp_path, None))
        saved.set_model(trainer.model.network)
        trainer.model.network.train_on_batch(trainer.data.batch(0).inputs, trainer.data.batch(0).targets)
        saved.on_epoch_end(0, {"val_artifact_f1": 0.5})
        assert CALLBACKS.get("checkpoint")(TrainingContext(cfg, compiled(cfg), None, tmp_path, None)).resume() == 1
    finally:
        keras.config.set_dtype_policy(before)


def test_a_value_that_is_no_number_is_beaten_by_all_that_are(tiny, tmp_path):
    context = TrainingContext(tiny(), None, None, tmp_path, None)
    assert context.better(math.nan, None)
    assert context.better(0.1, math.nan)
    assert not context.better(math.nan, 0.1)
    assert not context.better(math.nan, math.nan)


class Told:
    """A tracker that hears nothing."""

    def log_metrics(self, values, step=None):
        pass


def test_an_epoch_that_was_told_of_and_then_killed_is_told_of_once(tiny, tmp_path):
    """Scalars come before the checkpoint: what a kill between both has written must not stay beside what comes again."""

    def scalars():
        callback = CALLBACKS.get("scalars")(TrainingContext(tiny(), None, None, tmp_path, Told()))
        callback.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1)))
        return callback

    def epoch(callback, number, **logs):
        callback.on_epoch_begin(number)
        callback.on_epoch_end(number, logs)

    killed = scalars()
    epoch(killed, 0, loss=3.0, val_cer=0.5)
    kept = json.loads(json.dumps(killed.state()))
    epoch(killed, 1, loss=2.0, val_cer=0.9)  # and no checkpoint
    resumed = scalars()
    resumed.restore(kept)
    assert [row["loss"] for row in read_history(tmp_path / "history.csv")] == [3.0]
    epoch(resumed, 1, loss=2.5, val_cer=0.5, val_agreement=0.8)  # a number more than before
    rows = read_history(tmp_path / "history.csv")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert "val_agreement" not in rows[0]
    assert rows[1]["val_agreement"] == 0.8
    assert best_epoch(rows, "val_cer", maximise=False)["epoch"] == 2  # of equal ones the later
    assert best_epoch([{"val_cer": math.nan}, *rows], "val_cer", maximise=True)["epoch"] == 2
    assert best_epoch(rows, "val_wer", maximise=False) == {}


def test_a_checkpoint_of_another_network_is_refused(tiny, tmp_path):
    cfg = tiny()
    trainer = compiled(cfg)
    saved = CALLBACKS.get("checkpoint")(TrainingContext(cfg, trainer, None, tmp_path, None))
    saved.set_model(trainer.model.network)
    saved.on_epoch_end(0, {"val_artifact_f1": 0.5})
    deeper = tiny("model.depth=4")
    other = CALLBACKS.get("checkpoint")(TrainingContext(deeper, compiled(deeper), None, tmp_path, None))
    with pytest.raises(UserError, match="another network"):
        other.resume()


def test_warmup_rises_and_cosine_falls(tiny):
    from trainers.optimizers.by_name import learning_rate

    cfg = tiny("trainer.warmup_steps=10", "trainer.epochs=10", "trainer.steps_per_epoch=10").trainer
    schedule = learning_rate(cfg)
    rates = [float(schedule(step)) for step in range(101)]
    assert np.argmax(rates) == 10
    assert rates[10] == pytest.approx(cfg.learning_rate)
    assert rates[100] == pytest.approx(cfg.final_learning_rate, rel=0.01)
    assert (np.diff(rates[10:]) <= 1e-9).all()


def test_optimizers_have_their_names(tiny):
    from trainers.optimizers.by_name import make_optimizer

    assert type(make_optimizer(tiny().trainer)).__name__ == "AdamW"
    sgd = make_optimizer(tiny("trainer.optimizer=sgd", "trainer.schedule=constant", "trainer.learning_rate=0.5").trainer)
    assert type(sgd).__name__ == "SGD"
    assert float(sgd.learning_rate) == 0.5
