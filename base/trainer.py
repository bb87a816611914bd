"""Fitting a model, whatever its task."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from omegaconf import OmegaConf

from base.bundle import Bundle
from base.data_generator import BaseDataGenerator
from base.fitting.budget import Budget, StepBudget
from base.fitting.context import TrainingContext
from base.fitting.ranks import ALONE, Ranks
from base.model import BaseModel
from base.predictor import BasePredictor
from base.report import Report

PredictorT = TypeVar("PredictorT", bound=BasePredictor)


class BaseTrainer(ABC, Generic[PredictorT]):
    """Compiles and fits a model on a data generator; subclasses say what is measured and drawn.

    Args:
        cfg: the whole resolved config.
        model: what is trained.
        data: the training split.
        validation: the validation split.

    Attributes:
        budget: how much is trained.
        context: the run, once it has begun.
        ranks: which of several workers this is.
    """

    in_a_bundle: tuple[str, ...] = ()  # keys of the config that a bundle takes along, as the task's schema says

    def __init__(self, cfg: Any, model: BaseModel, data: BaseDataGenerator, validation: BaseDataGenerator) -> None:
        self.cfg = cfg
        self.model = model
        self.data = data
        self.validation = validation
        self.steps = cfg.trainer.steps_per_epoch
        self.context: TrainingContext | None = None
        self.ranks: Ranks = ALONE
        self.spend(StepBudget(cfg.trainer.epochs * self.steps))

    @property
    def network(self) -> Any:
        """What is fitted: the model's network, unless a subclass fits more."""
        return self.model.network

    def spend(self, budget: Budget) -> None:
        """Takes another budget than the config's epochs; before `fit`."""
        self.budget = budget
        self.data.follow(budget)

    def share_out(self, ranks: Ranks) -> None:
        """Trains as one of several workers; before `compile`."""
        self.ranks = ranks

    def compile(self, optimizer: Any) -> None:
        """Gives the network its optimizer, loss and metrics, and builds the optimizer's variables."""
        network = self.network
        network.compile(
            optimizer=optimizer, loss=self.model.losses(), metrics=self.model.metrics() or None, jit_compile=compiles_steps()
        )
        network.optimizer.build(network.trainable_variables)  # in float16 one that scales the loss stands around it
        self.ranks.average_gradients(network)

    def fit(self, callbacks: list, first_epoch: int) -> None:
        """Trains from an epoch on until the budget is used up; a run that has used it is left as it is."""
        epochs = self.budget.most_epochs(self.steps)
        if first_epoch >= epochs or self.network.stop_training:
            return
        self.network.fit(
            self.batches(first_epoch * self.steps, (epochs - first_epoch) * self.steps),
            initial_epoch=first_epoch,
            epochs=epochs,
            steps_per_epoch=self.steps,
            callbacks=callbacks,
            verbose=0,
            shuffle=False,
        )

    def batches(self, first_step: int, steps: int) -> Any:
        """What a stretch of the training learns from, as `fit` takes it."""
        return self.data.dataset(first_step, steps, self.cfg.runtime.workers, self.ranks)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Lends the network the moving average of its weights, where the optimizer keeps one: that is what is judged."""
        network = self.network
        optimizer = getattr(network.optimizer, "inner_optimizer", network.optimizer)  # float16 scales the loss around it
        if not optimizer.use_ema:
            yield
            return
        trained = [np.array(variable) for variable in network.trainable_variables]
        optimizer.finalize_variable_values(network.trainable_variables)
        for variable in network.trainable_variables:  # memory of their own: JAX gives away what a compiled step was given
            variable.assign(np.array(variable))
        try:
            yield
        finally:
            for variable, value in zip(network.trainable_variables, trained, strict=True):
                variable.assign(value)

    def write_bundle(self, folder: Path) -> Bundle:
        """Writes the model as it stands to a folder: its specification, its weights, and the run's config for the record."""
        facts = {**self.model.facts(), **self.known_facts()}
        return Bundle.write(folder, self.specification(), self.model.weights(), facts, self.cfg)

    def companions(self) -> dict[str, tuple[BaseModel, Any]]:
        """Other models that were fitted besides, by name, each with the config of its bundle; none for most tasks."""
        return {}

    def averaged_companions(self) -> dict[str, tuple[BaseModel, dict[str, np.ndarray], Any]]:
        """The same, each with the average of its last weights."""
        companions = self.companions()
        if not companions:
            return {}
        with self.averaged():
            return {name: (model, model.weights(), config) for name, (model, config) in companions.items()}

    def specification(self) -> Any:
        """What of the config a bundle is: the task, the model, and how texts are spelled or ink is erased."""
        return OmegaConf.masked_copy(self.cfg, ["task", "model", *self.in_a_bundle])

    def known_facts(self) -> dict[str, Any]:
        """Facts for predictors and the bundle that hold before the training; none for most tasks."""
        return {}

    @abstractmethod
    def validate(self, predictor: PredictorT) -> dict[str, float]:
        """Measures the live model on the validation split, through its predictor; names begin with ``val_``."""

    @abstractmethod
    def gallery(self, predictor: PredictorT, count: int) -> np.ndarray:
        """Draws ``count`` validation samples before and after, as one RGB uint8 picture (H, W, 3)."""

    def calibrate(self, predictor: PredictorT) -> dict[str, Any]:
        """Facts for the bundle that the validation split tells of the trained model; none for most tasks."""
        return {}

    @staticmethod
    @abstractmethod
    def evaluate(cfg: Any, predictor: PredictorT, data: BaseDataGenerator) -> Report:
        """Measures a predictor, and its competitors beside it, on a data generator's samples."""


def compiles_steps() -> bool:
    """Whether a training step is compiled as a whole.

    JAX would run it operation by operation else. On TensorFlow's CPU, XLA cannot compile the loss of readers, and on
    PyTorch compiling takes longer than it saves.
    """
    return os.environ.get("KERAS_BACKEND") == "jax"
