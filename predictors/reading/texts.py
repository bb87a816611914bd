"""From a network's outputs to the best readings of each line, for both kinds of readers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from base.decoder import BaseDecoder, Reading
from base.errors import UserError
from base.registry import DECODERS
from predictors.decoders.search.ctc_forward import ctc_log_probabilities
from predictors.decoders.search.spelling import Spelling
from preprocessing.text.hangul import has_jamo
from utils.compute.softmax import log_softmax
from utils.configuration.groups import with_defaults
from utils.language.shipped import NO_LANGUAGE, shipped_languages

LANGUAGE_FILES = ("model", "words")  # the keys of decoders that name files
BY_LANGUAGE = "character_ngram"  # the decoder that a language model is for


@dataclass(frozen=True)
class Read:
    """What was read in a line.

    Attributes:
        readings: best first, at least one.
        logits: float32 (rows, classes): `Reading.frames` says which rows stand for which character.
        attention: float32 (characters of the best reading, places of the memory), for networks that have it.
    """

    readings: list[Reading]
    logits: np.ndarray
    attention: np.ndarray | None = None


class Texts(Protocol):
    """One kind of reader."""

    def split(self, outputs: Any, widths_B: np.ndarray) -> list[Any]:
        """What a network says of a batch, line by line; true widths in pixels."""
        ...

    def read(self, output: Any) -> Read:
        """The best readings of a line that `split` gave."""
        ...


class FrameTexts:
    """Readers with CTC: an output is float32 logits (frames, classes) of one line.

    Args:
        facts: of the bundle.
        cfg: ``decoder``, ``language`` and ``spelling`` are used.
    """

    def __init__(self, facts: dict[str, Any], cfg: Any) -> None:
        self.frame_px: int = facts["frame_px"]
        self.characters = tuple(facts["charset"])
        decoder = decoder_for(facts, cfg)
        self.decoder: BaseDecoder = DECODERS.get(decoder["name"])(decoder, self.characters)
        self.spelling = spelling_of(cfg)
        if has_jamo(facts["charset"]) and (self.spelling or decoder["name"] not in ("greedy", "beam")):
            raise UserError(
                "this reader writes Hangul as jamo, which lists of words and language models do not know: use decoder=greedy or "
                "decoder=beam, without spelling.words"
            )

    def split(self, outputs: np.ndarray, widths_B: np.ndarray) -> list[np.ndarray]:
        return [logits[: -(-width // self.frame_px)] for logits, width in zip(outputs, widths_B.tolist(), strict=True)]

    def read(self, output: np.ndarray) -> Read:
        scores_TC = log_softmax(output)
        readings = self.decoder.decode(scores_TC[None], np.array([len(scores_TC)]))[0]
        if self.spelling is not None:
            from predictors.decoders.search import searching  # it compiles code, which takes its time

            readings[0] = searching.respell_in_frames(readings[0], self.spelling, scores_TC, self.characters)
        return Read(readings, output)


@dataclass(frozen=True)
class Searched:
    """What a network that searches says of one line.

    Attributes:
        texts: int32 (K, L), the classes of its best texts, 0 from their ends on, best first.
        scores: (K,), their log probabilities.
        logits: float32 (L, classes), of the first.
        attention: float32 (L, T), of the same.
        width: of the line, in pixels.
    """

    texts: np.ndarray
    scores: np.ndarray
    logits: np.ndarray
    attention: np.ndarray
    width: int


class SearchedTexts:
    """Readers that write character by character: the network has searched already (`models.layers.beam_search`).

    Where it has a CTC head too, that has a say in the order of the texts it found (Watanabe et al. 2017, section IV-C).

    Args:
        facts: of the bundle.
        cfg: ``spelling`` is used.
    """

    def __init__(self, facts: dict[str, Any], cfg: Any) -> None:
        self.frame_px: int = facts["frame_px"]
        self.memory_px: int | None = facts["memory_px"]
        self.ctc_weight: float = facts.get("ctc_weight", 0.0)
        if cfg.get("language") not in (None, NO_LANGUAGE):
            raise UserError(
                f"language={cfg.language} needs the frames of CTC, and this reader writes its texts itself: leave it out, or "
                "read with a reader of task=lines"
            )
        self.characters = tuple(facts["charset"])
        self.spelling = spelling_of(cfg)

    def split(self, outputs: dict[str, np.ndarray], widths_B: np.ndarray) -> list[Searched]:
        """The texts of each line of a batch, ranked again with CTC where the network has it; see `models.layers.beam_search`."""
        scores = outputs["scores"]
        if "frames" in outputs and scores.shape[1] > 1:
            lengths = (outputs["tokens"] > 0).sum(axis=2)
            frames = -(-widths_B // self.frame_px)
            ctc = ctc_log_probabilities(log_softmax(outputs["frames"]), frames, outputs["tokens"][..., : lengths.max()], lengths)
            scores = (1 - self.ctc_weight) * scores + self.ctc_weight * np.maximum(ctc, -1e6)
        order = np.argsort(-scores, axis=1, kind="stable")
        texts = np.take_along_axis(outputs["tokens"], order[..., None], axis=1)
        scores = np.take_along_axis(scores, order, axis=1)
        lines = np.arange(len(order))
        best = (outputs[name][lines, order[:, 0]] for name in ("logits", "attention"))
        return [Searched(*line) for line in zip(texts, scores, *best, widths_B.tolist(), strict=True)]

    def read(self, output: Searched) -> Read:
        """The readings of a line, each text once, with places for the best."""
        lengths = (output.texts > 0).sum(axis=1)
        readings = [
            Reading("".join(self.characters[place - 1] for place in text[:length]), float(score))
            for text, score, length in zip(output.texts, output.scores, lengths, strict=True)
        ]
        readings = [reading for place, reading in enumerate(readings) if reading.text not in {r.text for r in readings[:place]}]
        count = int(lengths[0])
        best = readings[0]
        best.frames = np.repeat(np.arange(count, dtype=np.int32)[:, None], 2, axis=1)
        best.places = self._places(output, count)
        if self.spelling is not None:
            respell_in_places(best, self.spelling.correct(best.text), self.characters)
        looked = None if self.memory_px is None else output.attention[:count, : -(-output.width // self.memory_px)]
        return Read(readings, output.logits[: count + 1], looked)

    def _places(self, output: Searched, count: int) -> np.ndarray:
        """Where the characters stand, in CTC frames: the middle of what was looked at, or evenly where nothing was."""
        if self.memory_px is None:
            return (np.arange(count) + 0.5) / max(1, count) * output.width / self.frame_px
        middles = output.attention[:count] @ (np.arange(output.attention.shape[1]) + 0.5)
        return np.maximum.accumulate(middles) * self.memory_px / self.frame_px


def respell_in_places(reading: Reading, text: str, characters: tuple[str, ...]) -> None:
    """Gives a reading another text, whose characters stand where those stood; not where some are unknown to the network."""
    if text == reading.text or not text or not set(text) <= set(characters) or not reading.text:
        return
    rows = np.linspace(0, len(reading.text) - 1, len(text))
    reading.text, reading.frames = text, reading.frames[rows.round().astype(int)]
    reading.places = np.interp(rows, np.arange(len(reading.middles())), reading.middles())


def texts_for(facts: dict[str, Any], cfg: Any) -> Texts:
    """The kind of reader that a bundle holds."""
    return SearchedTexts(facts, cfg) if "beam_width" in facts else FrameTexts(facts, cfg)


def spelling_of(cfg: Any) -> Spelling | None:
    """Spelling correction, where a word list is named."""
    spelling = {"words": None, "distance": 1, **(cfg.get("spelling") or {})}
    return Spelling(**spelling) if spelling["words"] else None


def decoder_for(facts: dict[str, Any], cfg: Any) -> dict[str, Any]:
    """The values of the decoder that a config asks for: its own, or the bundle's with the language model that it names."""
    if cfg.get("decoder"):
        return with_defaults("decoder", cfg.decoder)
    decoder, language = decoder_of_bundle(facts), cfg.get("language")
    if language == NO_LANGUAGE:
        decoder = {"name": "greedy"}
    elif language is not None:
        decoder = {**(decoder if decoder["name"] == BY_LANGUAGE else {"name": BY_LANGUAGE}), "model": language}
    return with_defaults("decoder", decoder)


def decoder_of_bundle(facts: dict[str, Any]) -> dict[str, Any]:
    """The decoder that a bundle names, with its files in the bundle's folder; greedy where it names none."""
    decoder = dict(facts.get("decoder") or {"name": "greedy"})
    for key in LANGUAGE_FILES:
        if key in decoder and decoder[key] not in shipped_languages():
            if Path(decoder[key]).name != decoder[key]:
                raise UserError(f"{facts['folder']}: its decoder reads {decoder[key]}, which is no file of the bundle")
            decoder[key] = str(Path(facts["folder"]) / decoder[key])
    return decoder
