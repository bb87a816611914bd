"""How many slips of the pen the workbench marks as unusual words, and how many right words besides.

.venv/bin/python -m tests.benchmarks.slips en DIR/hooker_en
"""

import random
import sys
from pathlib import Path

from predictors.workbench.work.spelling import unusual_words

MOST_LINES, SHORTEST = 300, 4
LETTERS = "aeiourtnsl"


def main(language: str, folder: str) -> None:
    """Prints the part of right words that are marked, and of words with one wrong, one missing or one doubled letter."""
    rows = [row.split("\t") for row in (Path(folder) / "labels.tsv").read_text("utf-8").splitlines()[1:]]
    texts = [text for _, text, _, split in rows if split == "test"][:MOST_LINES]
    dice, right, slips = random.Random(1), [0, 0], [0, 0]
    for text in texts:
        right[0] += len(unusual_words(text, language))
        right[1] += len(text.split())
        words = text.split(" ")
        place = dice.randrange(len(words))
        wrong = slipped(words[place], dice)
        if wrong is None:
            continue
        start = len(" ".join(words[:place])) + bool(place)
        marked = unusual_words(" ".join([*words[:place], wrong, *words[place + 1 :]]), language)
        slips[0] += (start, start + len(wrong)) in marked
        slips[1] += 1
    print(f"{slips[0]} of {slips[1]} slips are marked ({slips[0] / slips[1]:.0%}), and {right[0]} of {right[1]} right words")
    print(f"that is {right[0] / right[1]:.0%} of these: names, numbers, abbreviations, old spellings")


def slipped(word: str, dice: random.Random) -> str | None:
    """A word with one wrong, one missing or one doubled letter; None for a short one, or where nothing changed."""
    if len(word) < SHORTEST:
        return None
    place = dice.randrange(len(word))
    before, behind = word[:place], word[place + 1 :]
    wrong = dice.choice([before + dice.choice(LETTERS) + behind, before + behind, before + 2 * word[place] + behind])
    return None if wrong == word else wrong


if __name__ == "__main__":
    main(*sys.argv[1:])
