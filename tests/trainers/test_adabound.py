"""AdaBound against its paper's equations."""

import numpy as np
import pytest

pytestmark = pytest.mark.backend


def by_the_paper(weights, gradients, rate, *, beta_1=0.9, beta_2=0.999, factor=100.0, gamma=1e-3, epsilon=1e-8):
    """Algorithm 2 of Luo et al. 2019 as their experiments have it: Adam's correction of the means, no factor of 1 / sqrt(t)."""
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    final = rate * factor
    for step, gradient in enumerate(gradients, start=1):
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        size = rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step) / (np.sqrt(square) + epsilon)
        low, high = final * (1 - 1 / (gamma * step + 1)), final * (1 + 1 / (gamma * step))
        weights = weights - np.clip(size, low, high) * mean
    return weights


@pytest.mark.parametrize("gamma", [1e-3, 0.5])
def test_its_steps_are_those_of_the_paper(rng, gamma):
    import keras

    from trainers.optimizers.adabound import AdaBound

    start = rng.normal(size=(3, 4))
    gradients = rng.normal(size=(20, 3, 4))
    variable = keras.Variable(start.astype(np.float32))
    optimizer = AdaBound(learning_rate=0.01, gamma=gamma)
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype(np.float32))])
    np.testing.assert_allclose(np.asarray(variable), by_the_paper(start, gradients, 0.01, gamma=gamma), rtol=1e-5, atol=5e-6)


def test_it_is_saved_with_its_values():
    from trainers.optimizers.adabound import AdaBound

    again = AdaBound.from_config(AdaBound(learning_rate=0.02, gamma=0.1, final_rate_factor=10).get_config())
    assert (again.gamma, again.final_rate_factor) == (0.1, 10)


def test_phases_follow_each_other():
    import keras

    from tests.conftest import config
    from trainers.optimizers.by_name import learning_rate, make_optimizer

    cfg = config("task=hangul", "trainer.schedule=phases", "trainer.phases=[[10,1e-3],[20,3e-5]]", "trainer.optimizer=adabound")
    rates = [float(keras.ops.convert_to_numpy(learning_rate(cfg.trainer)(step))) for step in (0, 9, 10, 500)]
    np.testing.assert_allclose(rates, [1e-3, 1e-3, 3e-5, 3e-5], rtol=1e-5)
    assert make_optimizer(cfg.trainer).name == "adabound"
