"""A run that ends when its time is up."""

from types import SimpleNamespace

import pytest

from callbacks import stop_after
from callbacks.stop_after import StopAfter


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(stop_after.time, "perf_counter", lambda: now.seconds)
    return now


def run_epoch(callback, clock, training, validation):
    callback.on_epoch_begin(0)
    clock.seconds += training
    callback.on_train_batch_end(0)
    clock.seconds += validation
    callback.after_epoch(0, {})


def test_it_counts_training_alone_and_goes_on_after_a_resume(clock):
    first = StopAfter(None, minutes=1.0)
    first.set_model(SimpleNamespace(stop_training=False))
    run_epoch(first, clock, training=40, validation=500)
    assert not first.model.stop_training
    second = StopAfter(None, minutes=1.0)
    second.set_model(SimpleNamespace(stop_training=False))
    second.restore(first.state())
    run_epoch(second, clock, training=21, validation=0)
    assert second.model.stop_training
