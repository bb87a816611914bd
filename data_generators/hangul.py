"""Single syllables with their jamo, and now and then a picture of none."""

from typing import Any

import cv2
import numpy as np
from omegaconf import OmegaConf

from base.data_generator import TRAINING_MODES, BaseDataGenerator
from base.errors import UserError
from base.registry import DATA_GENERATORS, SOURCES
from base.source import BaseSource, LeftOut
from base.types import Batch, Origin, Sample
from data_generators.batches.measured import MeasuredSamples, most_measured
from data_generators.batches.readable import readable_sample
from data_generators.batches.shuffling import shuffled
from data_generators.sources.hangul import HangulSource
from data_generators.sources.reading.opening import Subset
from data_generators.synthesis.hangul.negatives import Negatives
from preprocessing.augment import augment
from preprocessing.polarity import is_light_on_dark
from preprocessing.syllable_image import frame_syllable
from preprocessing.text import hangul

ATTEMPTS = 20  # to draw a picture that is not blank
HANDS = {"handwriting": 1.0, "print": 0.0}
UNKNOWN_HAND = -1.0


@DATA_GENERATORS.register("hangul")
class HangulData(BaseDataGenerator):
    """Batches for training, and a fixed choice of pictures for measuring.

    Pictures whose text is not one syllable or jamo, or not one of ``syllables.<split>``, are left out and counted.

    Args:
        cfg: ``cfg.data``.
        split: ``train``, ``val`` or ``test``.
        seed: of the run.
        run: the whole config.

    Raises:
        UserError: nothing is left to learn or to measure.
    """

    def __init__(self, cfg: Any, split: str, seed: int, run: Any) -> None:
        super().__init__(cfg, split, seed, run)
        wanted = run.syllables[split]
        self.texts = None if wanted is None else hangul.syllable_set(wanted)
        if run.model.head.charset is not None and split == "train":
            self.texts = "".join(text for text in self.texts or hangul.TEXTS if text in run.model.head.charset)
        self.source = self._chosen(self.source)
        self.is_training = split == "train" and run.mode.name in TRAINING_MODES
        if self.is_training:
            share = run.trainer.hangul.negatives
            self.negatives = Negatives(SOURCES.get(run.negatives.source)(run.negatives, split)) if share else None
            self.size_px, self.batch_size = run.model.image_px, run.trainer.hangul.batch_size
        else:
            self.measured = MeasuredSamples(self.source, most_measured(run, split), None, cfg.name)

    def complete(self, cfg: Any) -> Any:
        """A complete head tells apart what the training has; other heads need no list."""
        if cfg.model.head.name != "complete" or cfg.model.head.charset is not None:
            return cfg
        return OmegaConf.merge(cfg, {"model": {"head": {"charset": self.learned()}}})

    def learned(self, composed: bool = True) -> str:
        """Every text of the training, in the order of `hangul.TEXTS`; with or without those put together of others' jamo."""
        known: set[str] = set()
        for part in self.source.parts().values():
            if isinstance(part, HangulSource):
                known |= set(part.drawn_texts(composed))
            else:
                known |= {part.text(index) for index in range(len(part))}
        return "".join(text for text in hangul.TEXTS if text in known)

    def __len__(self) -> int:
        """How many pictures there are to measure."""
        return len(self.measured)

    def sample(self, index: int) -> Sample:
        """A picture to measure, as its source has it; its tag ``source`` is the name of its part of a mixture."""
        return self.measured.sample(index, self.rng(index))

    def text(self, index: int) -> str:
        """What `sample` shows, for sources of files; the picture is not decoded where the source can do without."""
        return self.measured.text(index)

    def batch(self, step: int) -> Batch:
        """Images uint8 (B, side, side, 1) and true classes int32 (B, 3); the same classes, ``known`` and ``hand``."""
        views = [self._view(step * self.batch_size + place) for place in range(self.batch_size)]
        images, texts, hands = zip(*views, strict=True)
        known = np.array([text != "" for text in texts], np.float32)
        jamo = np.array([hangul.encode(text or "가") for text in texts], np.int32)
        return Batch(
            {"image": np.stack(images)[..., None], "jamo": jamo},
            {"jamo": jamo, "known": known, "hand": np.array(hands, np.float32)},
        )

    def _view(self, place: int) -> tuple[np.ndarray, str, float]:
        """A framed picture, its text (empty for a negative), and whether it is handwriting."""
        rng = self.rng(place)
        for attempt in range(ATTEMPTS):
            if self.negatives is not None and rng.random() < self.run.trainer.hangul.negatives:
                framed = frame_syllable(self.negatives.picture(rng), self.size_px)
                text, hand = "", UNKNOWN_HAND
            else:
                sample = self._draw(place + attempt, rng)
                framed = frame_syllable(sample.image, self.size_px)
                text, hand = sample.text, HANDS.get(sample.tags.get("hand", ""), UNKNOWN_HAND)
            if framed is not None:
                return pale(rng, framed) if rng.random() < self.run.trainer.hangul.pale else framed, text, hand
        raise UserError(f"{self.source.fingerprint()}: {ATTEMPTS} pictures in a row are blank; look at them with mode=check_data")

    def _draw(self, place: int, rng: np.random.Generator) -> Sample:
        """A sample of the endless stream: every epoch goes through all samples in another order, but made ones are drawn."""
        epoch, position = divmod(place, len(self.source))
        sample = readable_sample(self.source, shuffled(position, len(self.source), seed=self.seed + epoch), rng)
        if sample.origin is Origin.REAL:
            image = 255 - sample.image if is_light_on_dark(sample.image) else sample.image
            sample.image = augment(rng, image, self.run.trainer.hangul.strength).image
        return sample

    def _chosen(self, source: BaseSource) -> BaseSource:
        """A source without what is not to be read."""
        if hasattr(source, "with_parts"):
            return source.with_parts([self._chosen(part) for part in source.parts().values()])
        if source.endless and not isinstance(source, HangulSource):
            raise UserError(f"{source.fingerprint()} makes no single syllables: use data=hangul with task=hangul")
        if isinstance(source, HangulSource):
            return source if self.texts is None else source.limited_to(self.texts)
        kept, left_out = [], []
        allowed = None if self.texts is None else frozenset(self.texts)
        for index in range(len(source)):
            text = source.text(index)
            if not hangul.is_hangul(text):
                left_out.append(LeftOut(source.where(index), f"its text is {text!r}, not one syllable or jamo", fault=True))
            elif allowed is not None and text not in allowed:
                left_out.append(LeftOut(source.where(index), f"{text} is not of syllables.{self.split}", fault=False))
            else:
                kept.append(index)
        if not kept:
            why = left_out[0] if left_out else LeftOut(source.fingerprint(), "it has no samples", fault=True)
            raise UserError(f"{self.split}: no picture of it can be used ({why.where}: {why.reason})")
        return Subset(source, np.array(kept), left_out)


def pale(rng: np.random.Generator, frame: np.ndarray) -> np.ndarray:
    """A framed picture, uint8 (side, side), as hairlines come out of it: thinner than a pixel, and grey."""
    if rng.random() < 0.5:
        frame = cv2.addWeighted(frame, 0.4, cv2.dilate(frame, np.ones((2, 2), np.uint8)), 0.6, 0)
    return np.uint8(255) - ((255 - frame) * np.float32(rng.uniform(0.3, 0.9))).astype(np.uint8)
