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
from utils.language.tables import LexiconTables

FORBIDS = -100.0  # an ``unknown_word`` so far below 0 lets no word through that the lexicon lacks
WIDER = (1, 4, 16)  # times as wide as asked for is a beam where nothing else ends in a listed word
KNOWN_PART = 0.5  # of a language model's characters must be known to the reader, and the other way round


def search_lines(
    log_probabilities_BTC: np.ndarray, frames_B: np.ndarray, search: Search, most: int, characters: tuple[str, ...]
) -> list[list[Reading]]:
    """Beam search in each line of a batch; the best reading gets its frames."""
    look = search_listed if search.unknown_word <= FORBIDS and len(search.lexicon.classes) else search_freely
    lines = []
    for scores_TC, frames in zip(log_probabilities_BTC, frames_B, strict=True):
        scores = np.ascontiguousarray(scores_TC[:frames], np.float32)
        found = look(scores, search, most)
        readings = [Reading("".join(characters[place - 1] for place in labels), score) for labels, score in found]
        readings[0].frames = align(scores, found[0][0])
        lines.append(readings)
    return lines


def search_freely(scores_TC: np.ndarray, search: Search, most: int) -> list[tuple[np.ndarray, float]]:
    """The best texts of a line, int32 (length,), with their scores."""
    labels, lengths, finals = search_beam(scores_TC, search, most)
    return [(row[:length], float(final)) for row, length, final in zip(labels, lengths, finals, strict=True)]


def search_listed(scores_TC: np.ndarray, search: Search, most: int) -> list[tuple[np.ndarray, float]]:
    """The same, of words of the lexicon alone.

    At the end of a line all texts of a beam may stand inside words: then a wider one is tried, and at last the words that the
    lexicon lacks are left out.
    """
    found: list[tuple[np.ndarray, float]] = []
    for wider in WIDER:
        found = search_freely(scores_TC, search._replace(width=wider * search.width), most)
        if listed := [(labels, score) for labels, score in found if in_listed_words(labels, search.lexicon).all()]:
            return listed
    labels, score = found[0]
    return [(labels[in_listed_words(labels, search.lexicon)], score)]


def in_listed_words(labels: np.ndarray, lexicon: LexiconTables) -> np.ndarray:
    """bool (length,), whether each character of a text belongs to a word of the lexicon, or to none at all."""
    known, begin, node = np.ones(len(labels), bool), 0, 0
    for place, label in enumerate([*labels.tolist(), 0]):  # at the end of a text a word ends too
        if label and lexicon.inside[label]:
            arcs = slice(lexicon.first[node], lexicon.first[node + 1]) if node >= 0 else slice(0)
            found = np.flatnonzero(lexicon.classes[arcs] == label)
            node = int(lexicon.following[arcs][found[0]]) if len(found) else -1
            continue
        if place > begin:
            known[begin:place] = node >= 0 and lexicon.word[node] >= 0
        begin, node = place + 1, 0
    return known


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
