"""Soiled lines whose ink and text are both known."""

from typing import Any

import numpy as np
from omegaconf import OmegaConf

from base.bundle import Bundle, bundle_folder
from base.data_generator import BaseDataGenerator
from base.fitting.budget import Budget
from base.registry import DATA_GENERATORS
from base.types import Batch, Origin, Sample
from data_generators.batches.lines import LineBatch
from data_generators.batches.soiler import LineSoiler
from data_generators.lines import LinesData
from utils.configuration.values import plain


@DATA_GENERATORS.register("joint")
class JointData(BaseDataGenerator):
    """Lines as `LinesData` has them, with artifacts over them, in the reader's charset.

    Args:
        cfg: ``cfg.data``.
        split: ``train``, ``val`` or ``test``.
        seed: of the run.
        run: the whole config.
    """

    def __init__(self, cfg: Any, split: str, seed: int, run: Any) -> None:
        self.run = run = self.complete(run)
        cfg = within_charset(cfg, run.model.reader.charset)
        reading = OmegaConf.create({**plain(run), "charset": None, "model": plain(run.model.reader)})
        self.lines = LinesData(cfg, split, seed, reading)
        self.cfg, self.split, self.seed, self.source = cfg, split, seed, self.lines.source
        self.soiler = LineSoiler({**plain(run.soiling), "probability": 1.0})

    def complete(self, cfg: Any) -> Any:
        """The config with the values of both parts, and the reader's spelling."""
        if cfg.model.eraser is not None and cfg.model.reader is not None:
            return cfg
        parts = {name: Bundle.load(bundle_folder(cfg.parts[name], task), task) for name, task in PARTS.items()}
        models = {name: bundle.config.model for name, bundle in parts.items()}
        rules = cfg.text_rules or parts["reader"].config.get("text_rules")
        return OmegaConf.merge(cfg, {"model": models, "text_rules": rules})

    def __len__(self) -> int:
        """How many lines there are to measure."""
        return len(self.lines)

    def sample(self, index: int) -> Sample:
        """A line to measure; a synthetic one is soiled, and `clean` is what it was before."""
        sample = self.lines.sample(index)
        if sample.origin is Origin.SYNTHETIC:
            sample.clean = sample.image if sample.clean is None else sample.clean
            sample.image, sample.ink = self.soiler.soil(self.rng(index), sample.image, sample.ink)
        return sample

    def batch(self, step: int) -> Batch:
        """Inputs ``image``, ``width``, ``erase``; targets ``labels``, ``lengths``, ``ink``, ``known``: see `models.joint`."""
        lines = self.lines.batches.batch(step)
        as_is = np.random.default_rng([self.seed, step, 7]).random(len(lines.images)) < self.run.trainer.read_as_is
        return self._as_batch(lines, as_is)

    def signature(self) -> list[Batch]:
        batches = self.lines.batches
        blank = [batches.blank(bucket) for bucket in (batches.shape.buckets[0], batches.shape.buckets[-1])]
        return [self._as_batch(lines, np.zeros(len(lines.images), bool)) for lines in blank]

    def follow(self, budget: Budget) -> None:
        self.lines.follow(budget)

    def _as_batch(self, lines: LineBatch, as_is: np.ndarray) -> Batch:
        return Batch(
            {"image": lines.images, "width": lines.widths, "erase": (~as_is).astype(np.float32)},
            {"labels": lines.labels, "lengths": lines.lengths, "ink": lines.ink, "known": lines.known.astype(np.float32)},
        )


def within_charset(data: Any, charset: str) -> Any:
    """A data config whose made-up lines, in a mixture too, keep to the reader's characters where nothing else is said."""
    if data.get("mixture"):
        parts = {name: within_charset(part, charset) for name, part in data.mixture.items()}
        return OmegaConf.merge(data, {"mixture": parts})
    limited = "characters" in data and data.characters is None and data.charset is None
    return OmegaConf.merge(data, {"characters": charset}) if limited else data


PARTS = {"eraser": "eraser", "reader": "lines"}  # and the tasks of their bundles
