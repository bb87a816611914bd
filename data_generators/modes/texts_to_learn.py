"""The texts that language models are learned from: plain text, transcriptions of collections, words of word lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from wordfreq import available_languages

from base.errors import UserError
from base.registry import unknown_name
from data_generators.sources.folder import TABLE
from data_generators.synthesis.writing.text import word_list
from preprocessing.text.rules import TextRules
from utils.files.tables import parse_row, read_header
from utils.language.corpus import corpus_files, corpus_lines

WORDS_A_LINE = 8


@dataclass(frozen=True)
class TextsToLearn:
    """Lines of text, each with how often it counts.

    Attributes:
        files: of plain text.
        tables: ``labels.tsv`` of collections, of which the train texts count.
        repeated: how often each of these counts.
        languages: word lists to draw words of.
        drawn_words: how many of each.
        rules: how texts are spelled.
    """

    files: list[Path]
    tables: list[Path]
    repeated: int
    languages: list[str]
    drawn_words: int
    rules: TextRules

    @classmethod
    def of(cls, cfg: Any) -> "TextsToLearn":
        """What the config of mode=learn_text names; raises UserError where it is not there."""
        tables = sorted([*Path(cfg.sets).glob(TABLE), *Path(cfg.sets).glob(f"*/{TABLE}")]) if cfg.sets else []
        if cfg.sets and not tables:
            raise UserError(f"sets={cfg.sets}: there is no {TABLE} in it or in its folders")
        for language in cfg.languages:
            if language not in available_languages():
                raise UserError("languages: " + unknown_name("language", language, sorted(available_languages())))
        rules = TextRules(**(cfg.text_rules or {}))
        return cls(corpus_files(Path(cfg.corpus)), tables, cfg.sets_repeated, list(cfg.languages), cfg.drawn_words, rules)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in (*self.files, *self.tables))

    def lines(self) -> Iterator[tuple[str, int, int]]:
        """Each line once: its text, how often it counts, and how many bytes were read for it; in the same order each time.

        Raises:
            UserError: a file is not UTF-8, or a table has another form.
        """
        for text, size in corpus_lines(self.files):
            yield self.rules.apply(text), 1, size
        for table in self.tables:
            for text, size in train_texts(table):
                yield self.rules.apply(text), self.repeated, size
        for language in self.languages:
            for text in drawn_lines(language, self.drawn_words):
                yield self.rules.apply(text), 1, 0


def train_texts(table: Path) -> Iterator[tuple[str, int]]:
    """The texts of the train split, and how many bytes a row takes; raises UserError for a table of another form."""
    with table.open("rb") as file:
        header = read_header(file, table, ("text", "split"))
        for number, line in enumerate(file, start=2):
            row = parse_row(line, header, table, number)
            yield (row["text"] if row.get("split") == "train" else ""), len(line)


def drawn_lines(language: str, words: int) -> Iterator[str]:
    """Lines of words of a language as often as people use them, some with a capital."""
    listed, cumulative = word_list(language)
    rng = np.random.default_rng(1)
    for _ in range(words // WORDS_A_LINE):
        places = np.minimum(np.searchsorted(cumulative, rng.random(WORDS_A_LINE)), len(listed) - 1)
        drawn = [listed[place] for place in places]
        yield " ".join([drawn[0].capitalize(), *drawn[1:]])
