"""What the decoders that search have in common."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from base.decoder import Reading
from base.errors import UserError
from predictors.decoders.search.ctc_beam import Search, align, search_beam
from predictors.decoders.search.spelling import Spelling
from preprocessing.text.charset import frames_needed
from utils.language.ngrams import BEGIN, END, SPACE, UNKNOWN, NgramModel

KNOWN_PART = 0.5  # of a language model's characters must be known to the reader, and the other way round


def search_lines(
    log_probabilities_BTC: np.ndarray, frames_B: np.ndarray, search: Search, most: int, characters: tuple[str, ...]
) -> list[list[Reading]]:
    """Beam search in each line of a batch; the best reading gets its frames."""
    lines = []
    for scores_TC, frames in zip(log_probabilities_BTC, frames_B, strict=True):
        scores = np.ascontiguousarray(scores_TC[:frames], np.float32)
        labels, lengths, finals = search_beam(scores, search, most)
        readings = [
            Reading("".join(characters[place - 1] for place in row[:length]), float(final))
            for row, length, final in zip(labels, lengths, finals, strict=True)
        ]
        readings[0].frames = align(scores, labels[0, : lengths[0]])
        lines.append(readings)
    return lines


def respell_in_frames(reading: Reading, spelling: Spelling, scores_TC: np.ndarray, characters: tuple[str, ...]) -> Reading:
    """A reading with its spelling corrected, where the network's frames can still hold it."""
    text = spelling.correct(reading.text)
    classes = {character: place for place, character in enumerate(characters, start=1)}
    if text == reading.text or not set(text) <= set(classes) or frames_needed(text) > len(scores_TC):
        return reading
    labels = np.array([classes[character] for character in text], np.int32)
    return Reading(text, reading.log_probability, align(np.ascontiguousarray(scores_TC, np.float32), labels))


def read_model(path: str, unit: str, key: str) -> NgramModel:
    """An ARPA file; raises UserError where there is none or its tokens are of another unit."""
    model = NgramModel.read(Path(path))
    if model.unit != unit:
        raise UserError(f"{key}={path} is a model of {model.unit}s: one of {unit}s is needed")
    return model


def require_charset(known: set[str], characters: tuple[str, ...], key: str, path: str) -> None:
    """Raises UserError where a language model is written in another script than the reader reads."""
    shared = known & set(characters)
    letters = {character for character in known if character.isalpha()}
    if len(letters & set(characters)) < KNOWN_PART * len(letters) or not shared:
        lacking = "".join(sorted(letters - set(characters))[:12])
        raise UserError(
            f"{key}={path} is of another charset than the reader: most of its letters, such as {lacking}, are not among "
            f"the reader's {len(characters)} characters; take a model of the reader's language"
        )


def by_character(characters: tuple[str, ...]) -> Callable[[str], int | None]:
    """From a character model's tokens to the reader's classes."""
    classes = {SPACE if character == " " else character: place for place, character in enumerate(characters, start=1)}
    return classes.get


def letters_of(model: NgramModel) -> set[str]:
    """The characters that a model's tokens are made of."""
    tokens = {ngram[0] for ngram in model.entries if len(ngram) == 1} - {BEGIN, END, UNKNOWN}
    return set().union(*tokens) - {SPACE}
