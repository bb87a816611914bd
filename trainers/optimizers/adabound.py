"""Adam whose step sizes are bounded, and turn into those of SGD."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("palimpsest")
class AdaBound(keras.optimizers.Optimizer):
    """AdaBound (Luo et al. 2019, "Adaptive Gradient Methods with Dynamic Bound of Learning Rate", algorithm 2), as its authors
    run it: with Adam's correction of the means, and without the paper's further factor of 1 / sqrt(t).

    Each weight's step size ``rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)`` is clipped between
    ``final * (1 - 1 / (gamma * t + 1))`` and ``final * (1 + 1 / (gamma * t))``, where ``final`` is ``final_rate_factor`` times
    the learning rate, so that it follows a schedule.

    Args:
        learning_rate: of Adam at the beginning.
        beta_1, beta_2: decay of the mean and of the mean square of the gradients.
        final_rate_factor: step size of the SGD that it turns into, against the learning rate.
        gamma: how fast it does.
        epsilon: keeps the division sound.
    """

    def __init__(
        self,
        learning_rate=1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        final_rate_factor: float = 100.0,
        gamma: float = 1e-3,
        epsilon: float = 1e-8,
        name: str = "adabound",
        **options,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.final_rate_factor, self.gamma = final_rate_factor, gamma

    def build(self, variables) -> None:
        if self.built:
            return
        super().build(variables)
        self.means, self.squares = self.add_optimizer_variables(variables, ["mean", "square"])

    def update_step(self, gradient, variable, learning_rate) -> None:
        """One step of one weight tensor."""
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        place = self._get_variable_index(variable)
        mean, square = self.means[place], self.squares[place]
        self.assign_add(mean, (gradient - mean) * (1 - self.beta_1))
        self.assign_add(square, (ops.square(gradient) - square) * (1 - self.beta_2))
        bias = ops.sqrt(1 - ops.power(self.beta_2, step)) / (1 - ops.power(self.beta_1, step))
        final = rate * self.final_rate_factor
        low = final * (1 - 1 / (self.gamma * step + 1))
        high = final * (1 + 1 / (self.gamma * step))
        size = ops.clip(rate * bias / (ops.sqrt(square) + self.epsilon), low, high)
        self.assign_sub(variable, size * mean)

    def get_config(self):
        own = {name: getattr(self, name) for name in ("beta_1", "beta_2", "final_rate_factor", "gamma", "epsilon")}
        return {**super().get_config(), **own}
