"""Patience, plateaus and checkpoints."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from base.errors import UserError
from base.fitting.context import TrainingContext
from base.registry import CALLBACKS

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
    expected = [np.asarray(variable) for variable in saved._variables()]

    other = compiled(cfg)
    restored = CALLBACKS.get("checkpoint")(TrainingContext(cfg, other, None, tmp_path, None))
    assert restored.resume() == 7
    assert restored.best == 0.5
    for variable, array in zip(restored._variables(), expected, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), array)


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
