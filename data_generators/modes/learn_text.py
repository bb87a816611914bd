"""mode=learn_text: word frequencies and n-gram models from plain text, read once as a stream."""

import heapq
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig

from base.errors import UserError
from base.report import Table
from data_generators.modes.texts_to_learn import TextsToLearn
from utils.files.whole import written_whole
from utils.language.counting import SpillingCounter
from utils.language.ngram_counting import NgramCounter
from utils.language.ngrams import SMOOTHINGS, NgramModel
from utils.language.packed import pack_ngrams
from utils.runs.progress import Progress

WORDS = "words.csv"
MODELS = {"word": "words.arpa", "character": "characters.arpa"}
PACKED_CHARACTERS = "characters.npz"
MOST_HELD_OUT = 2_000  # lines


def learn_text(cfg: DictConfig) -> None:
    """Writes ``words.csv`` (word,count), two ARPA files and ``characters.npz``, and prints what they are like.

    Raises:
        UserError: the corpus is empty or not UTF-8, or the output holds such files already.
    """
    output = Path(cfg.output)
    present = [name for name in (WORDS, *MODELS.values(), PACKED_CHARACTERS) if (output / name).exists()]
    if present and not cfg.overwrite:
        raise UserError(f"output={output} holds {present[0]} already: set overwrite=true, or name another folder")
    texts = TextsToLearn.of(cfg)
    orders = {unit: cfg[f"{unit}_order"] for unit in MODELS if cfg[f"{unit}_order"]}
    with tempfile.TemporaryDirectory(prefix="palimpsest-counts-") as folder:
        words = SpillingCounter(Path(folder), "words")
        counters = {unit: NgramCounter(Path(folder), unit, order) for unit, order in orders.items()}
        held_out = count_lines(texts, words, counters, cfg.held_out_every)
        distinct = write_words(output / WORDS, words, cfg.most_words)
        del words
        table = Table(f"{WORDS}: {distinct} different words", ["model", "order", "n-grams", "perplexity of held-out lines"])
        for unit in list(counters):
            model = learn_model(counters.pop(unit), cfg)
            model.write(output / MODELS[unit])
            if unit == "character":
                pack_ngrams(model, output / PACKED_CHARACTERS)
            perplexity = f"{model.perplexity(held_out):.1f} a {unit}" if held_out else "not measured"
            table.rows.append([MODELS[unit], str(model.order), str(len(model.entries)), perplexity])
    print(f"{table.text()}\nin {output}")


def count_lines(texts: TextsToLearn, words: SpillingCounter, counters: dict[str, NgramCounter], held_out_every: int) -> list[str]:
    """Shows every line to the counters but for some that are held out, which are returned."""
    held_out: list[str] = []
    learned = 0
    with Progress(texts.size, "bytes") as shown:
        for number, (line, times, size) in enumerate(texts.lines(), start=1):
            if held_out_every and number % held_out_every == 0 and len(held_out) < MOST_HELD_OUT:
                held_out.append(line)
            elif line:
                learned += 1
                for _ in range(times):
                    words.update(bare_words(line))
                    for counter in counters.values():
                        counter.add(line)
            shown.advance(size)
    words.flush()
    for counter in counters.values():
        counter.flush()
    if not learned:
        raise UserError(f"{texts.files[0].parent}: the corpus is empty; put plain-text files (*.txt, UTF-8) there")
    return held_out


def bare_words(line: str) -> Iterator[str]:
    """The words of a line without the punctuation round them; numbers are none."""
    for token in line.split():
        start, end = 0, len(token)
        while start < end and not _is_letter(token[start]):
            start += 1
        while end > start and not _is_letter(token[end - 1]):
            end -= 1
        if end > start:
            yield token[start:end]


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character)[0] == "M"


def write_words(path: Path, words: SpillingCounter, most: int) -> int:
    """Writes the most frequent words with their counts, the most frequent first; returns how many different ones there were."""
    distinct = 0
    best: list[tuple[int, str]] = []
    for word, count in words.merged():
        distinct += 1
        if len(best) < most:
            heapq.heappush(best, (count, word))
        else:
            heapq.heappushpop(best, (count, word))
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        file.write("word,count\n")
        file.writelines(
            f'"{word}",{count}\n' if "," in word or '"' in word else f"{word},{count}\n"
            for count, word in sorted(best, key=lambda pair: (-pair[0], pair[1]))
        )
    return distinct


def learn_model(counter: NgramCounter, cfg: DictConfig) -> NgramModel:
    """The model of one kind of token."""
    counts = counter.counts(cfg.most_ngrams, cfg.least_count, continuation=cfg.smoothing == "kneser_ney")
    return SMOOTHINGS[cfg.smoothing](counts, counter.unit)
