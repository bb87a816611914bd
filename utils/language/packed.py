"""Character n-gram models in files of a few megabytes: the automaton of `utils.language.tables`, its scores in 8 bits."""

import zipfile
from pathlib import Path

import numpy as np

from base.errors import UserError
from utils.files.whole import written_whole
from utils.language.ngrams import SPACE, NgramModel
from utils.language.tables import NgramTables, ngram_tables

LEVELS = 256  # different scores that are kept
CHARACTERS = "characters"


def pack_ngrams(model: NgramModel, path: Path) -> None:
    """Writes a model of characters so that a search can begin at once.

    Args:
        model: of characters.
        path: a ``.npz`` file. Scores and back-off weights become the nearest of `LEVELS` values.
    """
    tokens = sorted({ngram[0] for ngram in model.entries if len(ngram) == 1 and len(ngram[0]) == 1})
    tables = ngram_tables(model, {token: place for place, token in enumerate(tokens)}.get, start=(SPACE,))
    score_codes, scores = _coded(tables.scores)
    backoff_codes, backoffs = _coded(tables.backoff)
    arrays = {
        CHARACTERS: np.array("".join(tokens).replace(SPACE, " ")),
        "arcs": np.diff(tables.first).astype(np.uint16),
        "tokens": tables.tokens.astype(np.uint16),
        "following": tables.following,
        "shorter": tables.shorter,
        "score_codes": score_codes,
        "scores": scores,
        "backoff_codes": backoff_codes,
        "backoffs": backoffs,
        "unknown": np.array(tables.unknown),
        "start": np.array(tables.start),
    }
    with written_whole(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _coded(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values as uint8 codes and what these stand for, float64; each code stands for about as many values."""
    levels = np.unique(np.quantile(values, np.linspace(0.0, 1.0, LEVELS)))
    codes = np.searchsorted((levels[1:] + levels[:-1]) / 2, values)
    return codes.astype(np.uint8), levels


def characters_of_packed(path: Path) -> str:
    """The characters that a packed model knows; raises UserError where it is none."""
    return str(_arrays(path)[CHARACTERS])


def unpack_ngrams(path: Path, characters: tuple[str, ...]) -> NgramTables:
    """A packed model as tables whose tokens are a reader's classes.

    Args:
        path: written by `pack_ngrams`.
        characters: of the reader; class 1 and up.

    Raises:
        UserError: it is no such file.
    """
    stored = _arrays(path)
    classes = {character: place for place, character in enumerate(characters, start=1)}
    class_of_token = np.array([classes.get(character, -1) for character in str(stored[CHARACTERS])], np.int32)
    tokens = class_of_token[stored["tokens"]]
    arcs = stored["arcs"].astype(np.int64)
    state = np.repeat(np.arange(len(arcs)), arcs)
    order = np.argsort(state * (len(characters) + 2) + tokens, kind="stable")
    return NgramTables(
        first=np.cumsum(np.concatenate([[0], arcs])).astype(np.int32),
        tokens=tokens[order],
        scores=stored["scores"][stored["score_codes"][order]],
        following=stored["following"][order],
        shorter=stored["shorter"],
        backoff=stored["backoffs"][stored["backoff_codes"]],
        unknown=float(stored["unknown"]),
        start=int(stored["start"]),
    )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: it is no packed language model ({error}); mode=learn_text writes characters.npz") from error
    if CHARACTERS not in arrays:
        raise UserError(f"{path}: it is no packed language model; mode=learn_text writes characters.npz")
    return arrays
