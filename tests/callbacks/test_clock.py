"""Trainings by the clock: what counts, how the rate follows, when it ends, what a resume takes back."""

from types import SimpleNamespace

import numpy as np
import pytest

from base.fitting.budget import StepBudget, TimeBudget
from callbacks import clock as module
from callbacks.clock import Clock, rate_at
from tests.conftest import config


@pytest.fixture
def now(monkeypatch):
    time = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(module.time, "perf_counter", lambda: time.seconds)
    return time


@pytest.fixture
def make(tmp_path):
    cfg = config("task=lines", "trainer.minutes=1", "trainer.warmup_steps=5")

    def make_one(budget=None):
        trainer = SimpleNamespace(budget=budget or TimeBudget(60.0, tmp_path / "clock"))
        clock = Clock(SimpleNamespace(trainer=trainer, cfg=cfg))
        optimizer = SimpleNamespace(learning_rate=None, iterations=np.array(0))
        clock.set_model(SimpleNamespace(stop_training=False, optimizer=optimizer, jax_state_sync=lambda: None))
        return clock

    return make_one


def run_epoch(clock, now, steps, seconds, validation):
    for step in range(steps):
        clock.on_train_batch_begin(step)
        now.seconds += seconds
        clock.model.optimizer.iterations = clock.model.optimizer.iterations + 1
        clock.on_train_batch_end(step)
        if clock.model.stop_training:
            break
    now.seconds += validation
    clock.after_epoch(0, {})


def test_the_first_step_and_the_first_validation_do_not_count(make, now):
    clock = make()
    run_epoch(clock, now, steps=5, seconds=4, validation=500)
    assert clock.budget.used_seconds == 16  # the first step may compile
    run_epoch(clock, now, steps=2, seconds=4, validation=7)
    assert clock.budget.used_seconds == 16 + 8 + 7
    assert not clock.model.stop_training
    run_epoch(clock, now, steps=1, seconds=4, validation=100)
    assert clock.model.stop_training  # no further epoch begins


def test_it_ends_in_time_with_a_finished_schedule(make, now):
    clock = make()
    run_epoch(clock, now, steps=1000, seconds=2, validation=0)
    assert clock.model.stop_training
    assert clock.budget.used_seconds == 60
    assert clock.model.optimizer.iterations == 31
    final, highest = clock.context.cfg.trainer.final_learning_rate, clock.context.cfg.trainer.learning_rate
    assert clock.model.optimizer.learning_rate == pytest.approx(final, abs=0.01 * highest)


def test_minutes_of_the_run_end_on_time_whatever_took_them(make, now, tmp_path):
    """Compiling, validations and the first step make what there is to train smaller; the schedule is finished all the same."""
    begun = now.seconds
    clock = make(TimeBudget(600.0, tmp_path / "clock", ends_at=begun + 600.0))
    now.seconds += 90  # opening
    for epoch in range(1000):
        clock.on_epoch_begin(epoch)
        run_epoch(clock, now, steps=30, seconds=2 if epoch else 7, validation=20)
        if clock.model.stop_training:
            break
    assert begun + 560 <= now.seconds <= begun + 600
    assert clock.budget.share(0) >= 0.99
    assert clock.budget.used_seconds < 500
    final, highest = clock.context.cfg.trainer.final_learning_rate, clock.context.cfg.trainer.learning_rate
    assert clock.model.optimizer.learning_rate == pytest.approx(final, abs=0.02 * highest)
    again = make(TimeBudget(600.0, tmp_path / "clock", ends_at=now.seconds + 600.0))
    again.restore(clock.state())
    assert again.budget.seconds > again.budget.used_seconds + 500  # as many minutes once more


def test_a_resumed_run_has_what_was_left(make, now):
    first = make()
    run_epoch(first, now, steps=6, seconds=8, validation=0)
    second = make()
    assert second.budget.used_seconds == 0.0  # without a checkpoint all begins anew
    second.restore(first.state())
    run_epoch(second, now, steps=100, seconds=10, validation=0)
    assert second.budget.used_seconds == 60  # 40 from before, two more steps after the one that compiles


def test_a_budget_of_steps_is_left_alone(make, now):
    clock = make(StepBudget(10))
    run_epoch(clock, now, steps=50, seconds=100, validation=0)
    assert not clock.model.stop_training and clock.model.optimizer.learning_rate is None and clock.state() == {}


def test_other_processes_see_the_clock(tmp_path):
    import pickle

    budget = TimeBudget(100.0, tmp_path / "clock")
    other = pickle.loads(pickle.dumps(budget))
    budget.used_seconds = 25.0
    assert other.share(123) == 0.25


def test_rates_rise_fall_and_follow_their_phases():
    cfg = config("task=lines", "trainer.warmup_steps=100").trainer
    rates = [rate_at(cfg, step, step / 10_000) for step in range(10_000)]
    assert rates[0] < 0.02 * cfg.learning_rate
    assert max(rates) == pytest.approx(cfg.learning_rate, rel=0.01)
    assert np.argmax(rates) == 99
    assert all(np.diff(rates[99:]) <= 0)
    assert rates[-1] == pytest.approx(cfg.final_learning_rate, rel=0.01)
    assert rate_at(cfg, 3, 0.2) > 0.9 * rates[2000]  # few steps, but a fifth of the time: it has risen
    cfg.schedule, cfg.phases = "phases", [[100, 1e-3], [300, 1e-4]]
    assert [rate_at(cfg, 0, share) for share in (0.0, 0.24, 0.26, 1.0)] == [1e-3, 1e-3, 1e-4, 1e-4]
    cfg.schedule = "constant"
    assert rate_at(cfg, 9, 0.9) == cfg.learning_rate
