"""decoder=word_ngram: what a model of words makes of frames that leave a choice."""

import numpy as np
import pytest

from base.decoder import Reading
from base.errors import UserError
from base.registry import DECODERS
from utils.configuration.groups import with_defaults

CHARACTERS = tuple("abc ")
FRAMES = 10


def frames_of(*places):
    """Log probabilities (1, frames, classes): a frame for each dictionary of class to probability, blanks between them."""
    table = np.full((1, FRAMES, 1 + len(CHARACTERS)), 1e-3)
    table[0, :, 0] = 1.0
    for step, chances in enumerate(places):
        table[0, 2 * step] = 1e-3
        for character, chance in chances.items():
            table[0, 2 * step, 1 + CHARACTERS.index(character)] = chance
    return np.log(table / table.sum(axis=-1, keepdims=True))


def arpa_of_words(path, bigram):
    """A model of the words ``ab``, ``ba`` and ``ca``, of which ``bigram`` stand together."""
    words = "\n".join(f"-0.6\t{word}\t0.0" for word in ("<s>", "</s>", "<unk>", "ab", "ba", "ca"))
    path.write_text(
        f"\\data\\\nngram 1=6\nngram 2=1\n\n\\1-grams:\n{words}\n\n\\2-grams:\n-0.05\t{bigram}\n\n\\end\\\n", encoding="utf-8"
    )
    return str(path)


def decoded(model, scores, **options) -> list[Reading]:
    decoder = DECODERS.get("word_ngram")(with_defaults("decoder", {"name": "word_ngram", "model": model, **options}), CHARACTERS)
    (readings,) = decoder.decode(scores.astype(np.float32), np.array([FRAMES]))
    return readings


@pytest.mark.parametrize(("bigram", "expected"), [("ab ba", "ab ba"), ("ab ca", "ab ca")])
def test_words_that_stand_together_decide(tmp_path, bigram, expected):
    scores = frames_of({"a": 1.0}, {"b": 1.0}, {" ": 1.0}, {"b": 0.5, "c": 0.5}, {"a": 1.0})
    assert decoded(arpa_of_words(tmp_path / "words.arpa", bigram), scores, weight=1.0)[0].text == expected


def test_what_is_plainly_written_is_read_against_the_model(tmp_path):
    scores = frames_of({"a": 1.0}, {"b": 1.0}, {" ": 1.0}, {"c": 1.0}, {"a": 1.0})
    assert decoded(arpa_of_words(tmp_path / "words.arpa", "ab ba"), scores, weight=0.3)[0].text == "ab ca"


def test_a_model_of_characters_is_refused(tmp_path):
    letters = "\n".join(f"-1.0\t{letter}" for letter in "▁abc")
    (tmp_path / "letters.arpa").write_text(f"\\data\\\nngram 1=4\n\n\\1-grams:\n{letters}\n\n\\end\\\n", encoding="utf-8")
    with pytest.raises(UserError, match="is a model of characters: one of words is needed"):
        decoded(str(tmp_path / "letters.arpa"), frames_of({"a": 1.0}))
