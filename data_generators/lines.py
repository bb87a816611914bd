"""Lines of handwriting with their texts, for networks that read with CTC."""

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from base.bundle import Bundle
from base.data_generator import TRAINING_MODES, BaseDataGenerator
from base.errors import UserError
from base.registry import DATA_GENERATORS
from base.source import BaseSource, LeftOut
from base.types import Batch, Sample
from data_generators.batches.lines import LineBatch, LineBatches
from data_generators.batches.measured import MeasuredSamples, most_measured
from data_generators.batches.plan import LineShape, line_shape
from data_generators.batches.readable import skips
from data_generators.batches.soiler import LineSoiler
from data_generators.batches.upright_sizes import upright_sizes
from data_generators.sources.reading.opening import Subset
from preprocessing.line_image import upright_line, width_at
from preprocessing.text.charset import Charset
from preprocessing.text.rules import TextRules
from utils.configuration.values import plain

MOST_NAMED = 10  # characters in an error line
MOST_SYNTHETIC = 1000  # lines that are measured where a source makes them up and no number is given


@DATA_GENERATORS.register("lines")
class LinesData(BaseDataGenerator):
    """Batches for training, and a fixed choice of real lines for measuring.

    Training leaves out, and counts, lines that no training can learn: those without text, those whose text needs more
    frames than their image has, and, if ``unknown_characters=skip``, those with characters outside the charset.

    Args:
        cfg: ``cfg.data``.
        split: ``train``, ``val`` or ``test``.
        seed: of the run.
        run: the whole config.

    Raises:
        UserError: no samples, or the given charset lacks characters of the training texts.
    """

    def __init__(self, cfg: Any, split: str, seed: int, run: Any) -> None:
        super().__init__(cfg, split, seed, run)
        self.rules = TextRules(**(run.text_rules or {}))
        if split == "train" and run.mode.name in TRAINING_MODES:
            self._prepare_training()
        else:
            self.measured = MeasuredSamples(self.source, most_measured(run, split), MOST_SYNTHETIC, cfg.name)

    def complete(self, cfg: Any) -> Any:
        return OmegaConf.merge(cfg, {"model": {"charset": "".join(self.charset.characters)}})

    def __len__(self) -> int:
        """How many samples there are to measure on."""
        return len(self.measured)

    def sample(self, index: int) -> Sample:
        """A line to measure on, as its source has it; its tag ``source`` is the name of its part of a mixture."""
        sample = self.measured.sample(index, self.rng(index))
        sample.text = self.rules.apply(sample.text)
        return sample

    def text(self, index: int) -> str:
        """What stands in `sample`, empty where that is not known; the image is not decoded where the source can do without."""
        return self.rules.apply(self.measured.text(index))

    def batch(self, step: int) -> Batch:
        """Images uint8 (batch, height, W, 1) and widths; labels and lengths, see `LineBatch`."""
        return as_batch(self.batches.batch(step))

    def signature(self) -> list[Batch]:
        return signature_of(self.batches)

    def _prepare_training(self) -> None:
        cfg = self.run
        self.charset = self._find_charset()
        shape = line_shape(cfg.trainer.lines, height_px=cfg.model.height_px, frame_px=cfg.model.frame_px)
        parts = {name: self._learnable(name, part, shape) for name, part in self.source.parts().items()}
        self.source = self.source.with_parts(list(parts.values())) if hasattr(self.source, "with_parts") else parts[""]
        soiler = LineSoiler(plain(cfg.soiling)) if cfg.get("soiling") else None
        self.batches = LineBatches(self.source, self.charset, shape, self.seed, self.rules, self.share, soiler)

    def _find_charset(self) -> Charset:
        """The given characters, or the model's own; else those of the training texts, and of the bundle that it starts from."""
        cfg = self.run
        if cfg.charset is not None:
            return Charset.read(Path(cfg.charset))
        if cfg.model.charset is not None:
            return Charset(tuple(cfg.model.charset))
        made = [name or "data" for name, part in self.source.parts().items() if part.endless]
        if made:
            raise UserError(
                f"charset= is missing: {', '.join(made)} can write any character, so name a file of those to be read, "
                "such as charset=configs/charsets/latin.txt"
            )
        init = [Bundle.load(Path(cfg.trainer.init)).facts.get("charset", "")] if cfg.trainer.init else []
        return Charset.of(
            [*"".join(init), *(self.rules.apply(text) for part in self.source.parts().values() for text in texts(part))]
        )

    def _learnable(self, name: str, part: BaseSource, shape: LineShape) -> BaseSource:
        """A part without the lines that cannot be learned; parts that make lines up are taken as they are."""
        if part.endless:
            return part
        kept, left_out = [], []
        unknown: dict[str, str] = {}
        for index, text in enumerate(texts(part)):
            text = self.rules.apply(text)
            unknown = {character: part.where(index) for character in self.charset.missing(text)} | unknown
            reason = self._why_not(text, part, index, shape)
            if reason is None:
                kept.append(index)
            else:
                left_out.append(reason)
        if unknown and self.run.unknown_characters == "error":
            raise UserError(self._lacking(unknown))
        if not kept:
            raise UserError(f"{name or self.cfg.name}: no line of it can be learned ({left_out[0].where}: {left_out[0].reason})")
        return Subset(part, np.array(kept), left_out, upright_sizes(part, np.array(kept), name or self.cfg.name))

    def _why_not(self, text: str, part: BaseSource, index: int, shape: LineShape) -> LeftOut | None:
        """Why a line cannot be learned; None where it can."""
        where = part.where(index)
        if missing := self.charset.missing(text):
            return LeftOut(where, f"the charset lacks {' '.join(missing)}", fault=False)
        if not text and self.run.trainer.distil is None:
            return LeftOut(where, "it has no text", fault=False)
        length, most = len(self.charset.spell(text)), shape.most_characters(shape.widest_px)
        if length > most:
            return LeftOut(where, f"its {length} characters are more than the {most} of the widest bucket", fault=True)
        try:
            width = self._width_for(text, part, index, shape)
        except UserError as fault:
            if not skips(part):
                raise
            return LeftOut(where, str(fault), fault=True)
        if width < self.charset.frames_needed(text) * shape.frame_px:
            return LeftOut(where, f"its {len(text)} characters do not fit {width // shape.frame_px} frames", fault=True)
        return None

    def _width_for(self, text: str, part: BaseSource, index: int, shape: LineShape) -> int:
        """How wide a line is for the network; its image is decoded only if the margins that go would make the difference."""
        rng = self.rng(index)
        width = width_at(part.size(index, rng), shape.height_px)
        if width < self.charset.frames_needed(text) * shape.frame_px:
            width = width_at(upright_line(part.sample(index, rng).image).shape, shape.height_px)
        return min(width, shape.widest_px)

    def _lacking(self, unknown: dict[str, str]) -> str:
        named = [f"{character} ({unicodedata.name(character, hex(ord(character)))})" for character in list(unknown)[:MOST_NAMED]]
        more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
        return (
            f"charset={self.run.charset} lacks characters of the training texts: {', '.join(named)}{more}, first in "
            f"{next(iter(unknown.values()))}; add them, or set unknown_characters=skip to leave those lines out"
        )


def as_batch(lines: LineBatch) -> Batch:
    """What the readers' networks take."""
    return Batch({"image": lines.images, "width": lines.widths}, {"labels": lines.labels, "lengths": lines.lengths})


def signature_of(batches: LineBatches) -> list[Batch]:
    """See `BaseDataGenerator.signature`."""
    narrow, wide = batches.shape.buckets[0], batches.shape.buckets[-1]
    return [] if narrow == wide else [as_batch(batches.blank(narrow)), as_batch(batches.blank(wide))]


def texts(part: BaseSource) -> list[str]:
    """All texts of a source, in its order."""
    return [part.text(index) for index in range(len(part))]
