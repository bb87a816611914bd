"""Optimizers and learning rates by their names in ``configs/trainer``."""

from functools import partial
from typing import Any

import keras
import numpy as np

from trainers.optimizers.adabound import AdaBound

OPTIMIZERS = {
    "adamw": keras.optimizers.AdamW,
    "adam": keras.optimizers.Adam,
    "sgd": partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
    "adabound": AdaBound,
}


def make_optimizer(cfg: Any) -> keras.optimizers.Optimizer:
    """The configured optimizer, with its schedule and gradient clipping.

    Args:
        cfg: the values of ``configs/trainer/*.yaml``.
    """
    options = {"learning_rate": learning_rate(cfg), "weight_decay": cfg.weight_decay, "global_clipnorm": cfg.gradient_clip_norm}
    if cfg.get("ema_momentum", 0.0) > 0.0:
        options |= {"use_ema": True, "ema_momentum": cfg.ema_momentum}
    if cfg.optimizer == "adam":
        del options["weight_decay"]  # with it, Keras's Adam is AdamW
    return OPTIMIZERS[cfg.optimizer](**options)


def learning_rate(cfg: Any) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The rate, or how it changes: a linear rise over ``warmup_steps``, then half a cosine down to the final rate; or phases.

    Of a training by the clock it is a number, which `callbacks.clock` changes.
    """
    if cfg.schedule == "constant" or cfg.minutes is not None:
        return cfg.learning_rate
    if cfg.schedule == "phases":
        steps, rates = zip(*cfg.phases, strict=True)
        ends = (np.cumsum(steps[:-1]).astype(int) - 1).tolist()  # the schedule counts steps from 0, ends included
        return keras.optimizers.schedules.PiecewiseConstantDecay(ends, list(rates)) if ends else rates[0]
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=cfg.final_learning_rate,
        warmup_target=cfg.learning_rate,
        warmup_steps=cfg.warmup_steps,
        decay_steps=max(1, cfg.epochs * cfg.steps_per_epoch - cfg.warmup_steps),
        alpha=cfg.final_learning_rate / cfg.learning_rate,
    )
