"""Self-training: in each round a teacher labels the images, and a student learns what the teacher is sure of."""

import shutil
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from omegaconf import OmegaConf

from base.bundle import Bundle
from base.errors import UserError
from base.fitting.context import TrainingContext
from base.registry import TRAINERS
from base.report import Report, Table
from base.trainer import BaseTrainer
from configs.task.self_training import IN_A_BUNDLE
from data_generators.lines import LinesData
from data_generators.self_training import SelfTrainingData
from predictors.engines.loading import predictor_for
from predictors.lines import LinesPredictor
from trainers.optimizers.by_name import make_optimizer
from trainers.readers.decoding import inherit_decoding
from trainers.reports.lines import read_all, report_on, samples_read, sureness_of
from trainers.rounds.report import Round, draw_rounds, labels_sheet, read_rounds, write_rounds
from trainers.rounds.selection import (
    PseudoLabel,
    error_rate_of,
    fraction_of,
    label_all,
    read_labels,
    select,
    write_labels,
)
from utils.compute.pools import Opened, open_pool
from utils.drawing.pictures import save_picture
from utils.files.whole import read_json, write_json
from utils.metrics.text import character_error_rate, word_error_rate

SAMPLES = 24  # images that are shown where there is nothing else to show


@dataclass(frozen=True)
class Labelled:
    """What a round begins with: the teacher's readings, and those that are learned."""

    labels: list[PseudoLabel]
    chosen: list[PseudoLabel]


@TRAINERS.register("self_training")
class SelfTrainingTrainer(BaseTrainer[LinesPredictor]):
    """Rounds of labelling, selecting and learning (Wolf & Fink 2022; selection and schedule after Kiss et al. 2021).

    A round is an epoch. Its teacher is the moving average of the student's weights. What a round learned from is kept in
    ``rounds/``, so that a run that was killed goes on to the same weights.
    """

    in_a_bundle = IN_A_BUNDLE
    data: SelfTrainingData
    validation: LinesData
    context: TrainingContext

    def known_facts(self) -> dict[str, Any]:
        """The first teacher's temperature: there are no labels to fit another on."""
        return {"temperature": self.data.teacher.facts.get("temperature", 1.0)}

    def compile(self, optimizer: keras.optimizers.Optimizer) -> None:
        """As for every trainer; for fresh students the learning rate runs its course in each round."""
        if self.cfg.student == "fresh":
            optimizer = make_optimizer(OmegaConf.merge(self.cfg.trainer, {"epochs": 1}))
        super().compile(optimizer)

    def fit(self, callbacks: list, first_epoch: int) -> None:
        """Runs the rounds from one on, until the last, or until two of them read alike."""
        network = self.model.network
        self.finish_rounds(first_epoch)
        for number in range(first_epoch, self.cfg.trainer.epochs):
            self.number = number + 1
            if network.stop_training or (labelled := self.begin_round(number)) is None:
                return
            self.data.take_labels({label.index: label.text for label in labelled.chosen})
            if self.cfg.student == "fresh":
                self.start_anew()
            trained = KeepTrained()
            network.fit(
                self.batches(number * self.steps, self.steps),
                initial_epoch=number,
                epochs=number + 1,
                steps_per_epoch=self.steps,
                callbacks=[*callbacks, trained],
                verbose=0,
                shuffle=False,
            )
            trained.put_back(network)
            self.end_round(number, labelled)

    def finish_rounds(self, count: int) -> None:
        """Writes the rounds that were trained, but not told of when the run was cut off."""
        told = {finished.number for finished in read_rounds(self.context.folder)}
        for number in range(count):
            if number + 1 not in told and (labelled := self.begin_round(number)) is not None:
                self.end_round(number, labelled)

    def begin_round(self, number: int) -> Labelled | None:
        """Labels the images, or reads what was labelled before the run was cut off; None where nothing can be learned.

        Raises:
            UserError: in the first round no reading is confident enough.
        """
        path = self.context.folder / "rounds" / f"{number + 1:02d}.tsv"
        if not path.is_file():
            with self.averaged() if number else nullcontext():  # nothing has been averaged before the first round
                self.label(path)
        labels = read_labels(path)
        chosen = select(labels, self.cfg.selection, number, self.cfg.trainer.epochs)
        if chosen:
            return Labelled(labels, chosen)
        reason = f"round {number + 1}: {why_none(labels, self.cfg.selection.threshold)} (what was read: {path})"
        if number == 0:
            raise UserError(reason)
        print(f"note: {reason}. The rounds end here, with what was learned before")
        return None

    def label(self, path: Path) -> None:
        """Writes what the reader reads now; on a cluster its workers open it from a bundle beside the labels, for so long."""
        pool = open_pool(self.cfg, 1, path.parent)
        folder = path.with_name(f"{path.stem}_teacher")
        if self.cfg.cluster.name != "none":
            super().write_bundle(folder)
        teacher = Opened(partial(open_teacher, folder, self.cfg, pool.threads), self.context.predictor)
        write_labels(path, label_all(teacher, self.data, pool))
        shutil.rmtree(folder, ignore_errors=True)

    def end_round(self, number: int, labelled: Labelled) -> None:
        """Writes, draws and logs what a round did."""
        folder = self.context.folder
        measured = read_json(folder / "rounds" / f"{number + 1:02d}.json")
        finished = Round(
            number + 1,
            len(labelled.labels),
            len(labelled.chosen),
            labelled.chosen[-1].confidence,
            error_rate_of(labelled.labels, self.data),
            error_rate_of(labelled.chosen, self.data),
            measured,
        )
        rounds = [*(before for before in read_rounds(folder) if before.number <= number), finished]
        write_rounds(folder, rounds)
        sheet = folder / "figures" / "rounds" / f"{number + 1:02d}.png"
        save_picture(sheet, labels_sheet(labelled.labels, labelled.chosen, self.data))
        save_picture(folder / "figures" / "rounds.png", draw_rounds(rounds))
        self.context.tracker.log_part(f"round {number + 1}", finished.metrics(), [sheet])
        self.context.tracker.log_figure(folder / "figures" / "rounds.png", "rounds.png")
        print(finished.line(), flush=True)

    def start_anew(self) -> None:
        """Gives the student the first teacher's weights, and an optimizer without a past."""
        self.model.load_weights(self.data.teacher.weights())
        optimizer = getattr(self.model.network.optimizer, "inner_optimizer", self.model.network.optimizer)
        for variable in optimizer.variables:
            if variable.path != getattr(optimizer.learning_rate, "path", ""):
                variable.assign(np.zeros(variable.shape, variable.dtype))  # the average begins with the first step

    def validate(self, predictor: LinesPredictor) -> dict[str, float]:
        """How sure the reader is of held images, and how far it agrees with the round before; CER too where the truth is known.

        Rounds that agree as much as ``stop_at_agreement`` are the last, once the last of ``selection.fractions`` was learned.
        """
        lines = read_all(predictor, self.validation)
        texts = [line.text for line in lines]
        before = self.context.folder / "rounds" / f"{self.number - 1:02d}.json"
        values = {"val_confidence": sureness_of(lines)}
        if before.is_file():
            values["val_agreement"] = agreement(texts, read_json(before)["texts"])
        known = [line.pair for line in lines if line.truth]
        if known:
            values |= {"val_cer": character_error_rate(known), "val_wer": word_error_rate(known)}
        write_json(self.context.folder / "rounds" / f"{self.number:02d}.json", {**values, "texts": texts})
        limit = self.cfg.stop_at_agreement
        if limit is not None and values.get("val_agreement", 0.0) >= limit and self.has_learned_all():
            print(f"the rounds {self.number - 1} and {self.number} read {values['val_agreement']:.1%} alike: this is the last")
            self.model.network.stop_training = True
        return values

    def has_learned_all(self) -> bool:
        """Whether the schedule of fractions has come to its last."""
        selection, rounds = self.cfg.selection, self.cfg.trainer.epochs
        return selection.by == "threshold" or fraction_of(selection, self.number - 1, rounds) == selection.fractions[-1]

    def gallery(self, predictor: LinesPredictor, count: int) -> np.ndarray:
        return samples_read(predictor, self.validation, count)

    def specification(self) -> Any:
        """For the task of the first teacher: what was adapted is a reader like any other."""
        return OmegaConf.merge(super().specification(), {"task": self.data.teacher.config.task})

    def write_bundle(self, folder: Path) -> Bundle:
        """A bundle that decodes as the first teacher does, and is as sure."""
        bundle = super().write_bundle(folder)
        inherit_decoding(bundle, self.data.teacher)
        return bundle

    @staticmethod
    def evaluate(cfg, predictor: LinesPredictor, data) -> Report:
        if not any(data.text(index) for index in range(len(data))):
            return confidence_of(predictor, data)
        return report_on(cfg, predictor, data)


def open_teacher(folder: Path, cfg: Any, threads: int | None) -> LinesPredictor:
    """A round's teacher, in a worker of a cluster that has so many processor threads."""
    own = OmegaConf.merge(cfg, {"runtime": {"threads": threads}})
    return predictor_for(Bundle.load(folder), own, "keras")[0]  # type: ignore[return-value]


def why_none(labels: list[PseudoLabel], threshold: float) -> str:
    """Why nothing can be learned from a teacher's readings, and what to do."""
    if not any(label.text for label in labels):
        return f"the teacher reads nothing in {len(labels)} images: start from another teacher (trainer.init=)"
    most = max(label.confidence for label in labels)
    return (
        f"none of {len(labels)} readings is as confident as selection.threshold={threshold} (the most confident: {most:.2f}): "
        "lower it, set selection.by=fraction, or start from a better teacher"
    )


def agreement(texts: list[str], before: list[str]) -> float:
    """1 less the CER of one round's readings against the other's; 0 where nothing was read."""
    return max(0.0, 1.0 - character_error_rate(zip(texts, before, strict=True))) if any(before) else 0.0


def confidence_of(predictor: LinesPredictor, data: LinesData) -> Report:
    """All that can be said of images whose texts nobody knows."""
    lines = read_all(predictor, data)
    confidence = sureness_of(lines)
    table = Table("the test images have no texts: their CER is not known", ["images", "mean confidence"])
    table.rows.append([str(len(lines)), f"{confidence:.3f}"])
    return Report(
        {"confidence": confidence},
        [table],
        {"samples.png": samples_read(predictor, data, min(len(data), SAMPLES))},
        f"{len(lines)} images of {data.split}, {data.source.fingerprint()}",
    )


class KeepTrained(keras.callbacks.Callback):
    """Keeps a round's own weights: `fit` ends by putting the averages in their place."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.values = [np.array(variable) for variable in self.model.trainable_variables]

    def put_back(self, network: keras.Model) -> None:
        """Gives the network the weights with which the epoch ended."""
        for variable, value in zip(network.trainable_variables, self.values, strict=True):
            variable.assign(value)
