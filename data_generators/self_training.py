"""Images without transcriptions: a teacher's readings become their labels, synthetic lines stand beside them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from base.bundle import Bundle
from base.data_generator import SPLIT_NUMBERS, BaseDataGenerator
from base.errors import UserError
from base.registry import DATA_GENERATORS, SOURCES
from base.source import BaseSource
from base.types import Batch, Sample
from data_generators.batches.lines import LineBatches
from data_generators.batches.plan import LineShape, line_shape
from data_generators.batches.upright_sizes import upright_sizes
from data_generators.lines import LinesData, as_batch, signature_of
from data_generators.sources.mixture import MixtureSource
from data_generators.sources.reading.opening import Joined, Subset, open_sources, states_splits
from preprocessing.text.charset import Charset, frames_needed
from preprocessing.text.rules import TextRules
from utils.configuration.values import plain


@DATA_GENERATORS.register("self_training")
class SelfTrainingData(BaseDataGenerator):
    """The images that a reader adapts to; their texts, where the data have them, are never learned.

    `sample` gives the images to the teacher, `take_labels` says which of them are learned and as what, and `batch`
    then mixes them with the synthetic lines of ``cfg.replay``. The other splits are those of the line task.

    Args:
        cfg: ``cfg.data``.
        split: ``train``.
        seed: of the run.
        run: the whole config.

    Raises:
        UserError: there are no images, or the teacher reads nothing, or other characters than the config demands.
    """

    def __init__(self, cfg: Any, split: str, seed: int, run: Any) -> None:
        super().__init__(cfg, split, seed, run)
        self.teacher = Bundle.load(Path(run.trainer.init))
        self.charset = self._find_charset()
        self.rules = TextRules(**(run.text_rules or {}))
        if any(part.endless for part in self.source.parts().values()):
            raise UserError("data: name images to adapt to, such as data.root=DIR; synthetic lines stand in replay=")
        self.held_back = run.learn_from == "train" or (run.learn_from == "auto" and states_splits(cfg))
        sources = open_sources(cfg, ["train"] if self.held_back else list(SPLIT_NUMBERS))
        self.source = Joined([part for source in sources.values() for part in source.parts().values()])
        self.shape = self._find_shape()
        self.sizes = upright_sizes(self.source, np.arange(len(self.source)), "images")
        self.replay = self._open_replay()
        self.batches: LineBatches | None = None

    @classmethod
    def of(cls, cfg: Any, split: str) -> BaseDataGenerator:
        return cls(cfg.data, split, cfg.seed, cfg) if split == "train" else LinesData.of(cfg, split)

    def complete(self, cfg: Any) -> Any:
        """The model is the teacher's, whatever ``model=`` says."""
        return OmegaConf.create({**plain(cfg), "model": plain(self.teacher.config.model)})

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.source)

    def sample(self, index: int) -> Sample:
        """An image; its text is for measuring alone."""
        sample = self.source.sample(index, self.rng(index))
        sample.text = self.rules.apply(sample.text)
        return sample

    def take_labels(self, labels: Mapping[int, str]) -> None:
        """Says what the next batches are made of.

        Args:
            labels: images by index and what they are taught to say; at least one.
        """
        places = np.array(sorted(index for index, text in labels.items() if self._finds_room(text)))
        sizes = None if self.sizes is None else self.sizes[places]
        chosen = Relabelled(Subset(self.source, places, [], sizes), [labels[int(place)] for place in places])
        source: BaseSource = chosen
        if self.replay is not None:
            share = self.run.replay_share
            source = MixtureSource.of({"images": (chosen, 1.0 - share), "replay": (self.replay, share)})
        self.batches = LineBatches(source, self.charset, self.shape, self.seed, self.rules)

    def _finds_room(self, text: str) -> bool:
        """Whether the widest bucket has room for a reading; long nonsense has not."""
        spelled = self.charset.spell(self.rules.apply(text))
        return self.shape.holds(self.shape.widest_px, frames_needed(spelled), len(spelled))

    def batch(self, step: int) -> Batch:
        if self.batches is None:
            raise ValueError("take_labels comes first")
        return as_batch(self.batches.batch(step))

    def signature(self) -> list[Batch]:
        if self.batches is None:
            raise ValueError("take_labels comes first")
        return signature_of(self.batches)

    def fingerprint(self) -> str:
        which = "train, of which the other splits are held back (learn_from=all learns from them too)"
        if not self.held_back:
            which = "train, val and test, without their texts: nothing is held back (transductive)"
        beside = f"; {self.run.replay_share:.0%} {self.replay.fingerprint()}" if self.replay is not None else ""
        return f"{which}: {len(self)} images of {self.source.fingerprint()}{beside}"

    def _find_charset(self) -> Charset:
        """The teacher's; raises UserError where the config demands another."""
        facts = self.teacher.facts
        where = f"trainer.init={self.run.trainer.init}"
        if "charset" not in facts:
            raise UserError(f"{where}: this bundle reads nothing (task={self.teacher.config.task.name}); name a reader's")
        charset = Charset(tuple(facts["charset"]))
        if self.run.charset is not None:
            wanted = Charset.read(Path(self.run.charset)).characters
            if set(wanted) != set(charset.characters):
                lacking = "".join(sorted(set(wanted) - set(charset.characters))[:12]) or "none of them"
                raise UserError(
                    f"charset={self.run.charset} is not the teacher's: {where} has {len(charset)} characters, this has "
                    f"{len(wanted)}, of which the teacher lacks {lacking}; pretrain a teacher with this charset "
                    "(experiment=lines_synthetic charset=...), or leave charset= out"
                )
        return charset

    def _find_shape(self) -> LineShape:
        """Batches as the teacher's network takes them."""
        facts = self.teacher.facts
        return line_shape(self.run.trainer.lines, facts["height_px"], facts["frame_px"], facts["stride"])

    def _open_replay(self) -> BaseSource | None:
        """The synthetic lines, in the teacher's characters."""
        if self.run.replay_share == 0:
            return None
        values = plain(self.run.replay) | {"charset": None, "characters": "".join(self.charset.characters)}
        return SOURCES.get(values["source"])(OmegaConf.create(values), "train")


class Relabelled(BaseSource):
    """A source with other texts."""

    def __init__(self, source: BaseSource, texts: list[str]) -> None:
        super().__init__(source.cfg, source.split)
        self.source, self.texts = source, texts

    def __len__(self) -> int:
        return len(self.texts)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        sample = self.source.sample(index, rng, canvas_HW)
        sample.text = self.texts[index]
        return sample

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return self.source.size(index, rng)

    def text(self, index: int) -> str:
        return self.texts[index]

    def where(self, index: int) -> str:
        return self.source.where(index)

    def fingerprint(self) -> str:
        return self.source.fingerprint()
