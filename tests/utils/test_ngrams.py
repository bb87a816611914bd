"""N-gram models: counted exactly, probabilities that sum to one, ARPA files that come back."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import UserError
from data_generators.modes.learn_text import bare_words, learn_text
from predictors.decoders.search.ctc_beam import follow
from predictors.decoders.search.searching import by_character
from tests.conftest import config
from utils.language.counting import SpillingCounter
from utils.language.ngram_counting import NgramCounter
from utils.language.ngrams import BEGIN, END, SMOOTHINGS, SPACE, UNKNOWN, NgramModel, _discounts, tokens_of
from utils.language.packed import characters_of_packed, pack_ngrams, unpack_ngrams
from utils.language.tables import ngram_tables

LINES = st.lists(st.text("ab ", min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=12)


def model_of(tmp_path_factory, lines, unit, order, smoothing, most=10_000, least=1):
    counter = NgramCounter(tmp_path_factory.mktemp("counts"), unit, order)
    for line in lines:
        counter.add(line)
    return SMOOTHINGS[smoothing](counter.counts(most, least, smoothing == "kneser_ney"), unit)


@settings(max_examples=30, deadline=None)
@given(keys=st.lists(st.text("abc", min_size=1, max_size=3), max_size=60), most=st.integers(1, 8))
def test_what_spills_is_counted_too(tmp_path_factory, keys, most):
    counter = SpillingCounter(tmp_path_factory.mktemp("spill"), "keys", most)
    for key in keys:
        counter.update((key,))
    assert list(counter.merged()) == sorted(Counter(keys).items())


@settings(max_examples=25, deadline=None)
@given(lines=LINES, unit=st.sampled_from(["word", "character"]), order=st.integers(1, 4), most=st.integers(4, 60))
def test_kneser_ney_sums_to_one(tmp_path_factory, lines, unit, order, most):
    """After any history, also with n-grams left out."""
    model = model_of(tmp_path_factory, lines, unit, order, "kneser_ney", most)
    vocabulary = [ngram[0] for ngram in model.entries if len(ngram) == 1 and ngram[0] != BEGIN]
    for history in ([BEGIN], [BEGIN, "a"], ["a", "b"], ["b", SPACE, "a"], ["never"]):
        total = sum(10 ** model.score(history, token) for token in vocabulary)
        assert total == pytest.approx(1.0, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(lines=LINES, unit=st.sampled_from(["word", "character"]))
def test_stupid_backoff_is_relative_frequency(tmp_path_factory, lines, unit):
    model = model_of(tmp_path_factory, lines, unit, 2, "stupid_backoff")
    pairs, firsts = Counter(), Counter()
    for line in lines:
        tokens = [BEGIN, *tokens_of(line, unit), END]
        pairs.update(itertools.pairwise(tokens))
        firsts.update(tokens[:-1])
    for (first, second), count in pairs.items():
        assert model.score([first], second) == pytest.approx(math.log10(count / firsts[first]))
    total = sum(count for token, count in Counter(second for _, second in pairs.elements()).items())
    end = sum(count for (_, second), count in pairs.items() if second == END)
    assert model.score(["never"], END) == pytest.approx(math.log10(end / total))


def test_kneser_ney_prefers_what_stands_in_many_contexts(tmp_path_factory):
    lines = ["san francisco"] * 30 + [f"{word} glasses" for word in ("my", "your", "her", "his", "our", "old", "new")]
    model = model_of(tmp_path_factory, lines, "word", 2, "kneser_ney")
    assert model.score(["never"], "glasses") > model.score(["never"], "francisco")
    assert model.score(["san"], "francisco") > math.log10(0.9)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_arpa_comes_back(tmp_path, tmp_path_factory, smoothing):
    model = model_of(tmp_path_factory, ["der Hund bellt", "die Katze schläft", "der Hund schläft"], "character", 4, smoothing)
    model.write(tmp_path / "model.arpa")
    again = NgramModel.read(tmp_path / "model.arpa")
    assert (again.unit, again.order) == ("character", 4)
    for text in ("der Hund", "Katze", "xyz"):
        assert again.score_text(text) == pytest.approx(model.score_text(text), abs=1e-4)


def test_arpa_of_other_tools(tmp_path):
    (tmp_path / "srilm.arpa").write_text(
        "\\data\\\nngram 1=4\nngram 2=1\n\n"
        "\\1-grams:\n-1.0 <unk>\n-99 <s> -0.3\n-0.5\tthe\t-0.2\n-0.4 </s>\n\n\\2-grams:\n-0.1 <s> the\n\n\\end\\\n"
    )
    model = NgramModel.read(tmp_path / "srilm.arpa")
    assert model.unit == "word"
    assert model.score([BEGIN], "the") == -0.1
    assert model.score(["the"], END) == pytest.approx(-0.2 - 0.4)
    assert model.score([BEGIN], "zebra") == pytest.approx(-0.3 - 1.0)
    assert (UNKNOWN,) in model.entries


def test_arpa_with_blanks_at_the_ends_of_lines(tmp_path):
    text = "\\data\\ \nngram 1=3 \n\n\\1-grams: \n-1.0\t<unk>\t0 \n-0.5 the  -0.2\t\n-0.4 </s> \n\n\\end\\ \n"
    (tmp_path / "a.arpa").write_text(text)
    model = NgramModel.read(tmp_path / "a.arpa")
    assert model.entries == {("<unk>",): (-1.0, 0.0), ("the",): (-0.5, -0.2), ("</s>",): (-0.4, 0.0)}


def test_a_text_that_names_the_models_own_tokens_changes_nothing(tmp_path_factory):
    plain, odd = (
        model_of(tmp_path_factory, lines, "word", 2, "kneser_ney")
        for lines in (["the cat sat", "the dog sat"], ["the <unk> cat sat", "<s> the dog </s> sat"])
    )
    assert odd.entries == plain.entries


def test_discounts_that_nothing_tells_of_are_the_usual_ones():
    """Without any four-fold n-gram the estimate for three and more would be three: all of their mass."""
    assert _discounts([0, 50, 20, 8, 0]) == (0.0, 0.5, 0.75, 0.9)
    assert 0 < _discounts([0, 50, 20, 8, 3])[3] < 3


def test_what_is_no_model_is_named(tmp_path):
    (tmp_path / "a.arpa").write_text("\\data\\\n\\1-grams:\nhello\n")
    with pytest.raises(UserError, match=r"a\.arpa:3: it is not a 1-gram"):
        NgramModel.read(tmp_path / "a.arpa")
    (tmp_path / "b.arpa").write_text("hello")
    with pytest.raises(UserError, match="it has no n-grams"):
        NgramModel.read(tmp_path / "b.arpa")
    with pytest.raises(UserError, match="there is no such language model"):
        NgramModel.read(tmp_path / "c.arpa")


def test_drawn_text_is_like_the_corpus(tmp_path_factory):
    model = model_of(tmp_path_factory, ["abab abab", "abab"] * 20, "character", 3, "kneser_ney")
    rng = np.random.default_rng(1)
    text = "".join("".join(model.draw(rng, 20)) for _ in range(30))
    assert text.count("ab") > 5 * max(1, text.count("aa"))


def test_learn_text_writes_files_that_people_can_read(tmp_path, capsys):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/a.txt").write_text("« L'été », dit-il, l'été.\n" * 10, encoding="utf-8")
    learn_text(config("mode=learn_text", f"corpus={tmp_path}/corpus", f"output={tmp_path}/lm", "held_out_every=5"))
    rows = (tmp_path / "lm/words.csv").read_text("utf-8").splitlines()
    assert rows == ["word,count", "L'été,8", "dit-il,8", "l'été,8"]
    assert "perplexity" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"holds words\.csv already"):
        learn_text(config("mode=learn_text", f"corpus={tmp_path}/corpus", f"output={tmp_path}/lm"))


def test_transcriptions_and_word_lists_are_learned_too(tmp_path, capsys):
    (tmp_path / "corpus.txt").write_text("plain “text”\n" * 4, encoding="utf-8")
    (tmp_path / "sets/one").mkdir(parents=True)
    rows = ["image\ttext\tgroup\tsplit", "a.png\tin train\tg\ttrain", "b.png\tin test\th\ttest"]
    (tmp_path / "sets/one/labels.tsv").write_text("\n".join(rows), encoding="utf-8")
    given = ["mode=learn_text", f"corpus={tmp_path}/corpus.txt", f"output={tmp_path}/lm", "held_out_every=0"]
    more = [f"sets={tmp_path}/sets", "sets_repeated=3", "languages=[en]", "drawn_words=800", "text_rules={quotes: straight}"]
    learn_text(config(*given, *more))
    counts = dict(row.split(",") for row in (tmp_path / "lm/words.csv").read_text("utf-8").splitlines())
    assert counts["train"] == "3" and counts["plain"] == "4" and "test" not in counts and int(counts["the"]) > 2
    assert '"' in characters_of_packed(tmp_path / "lm/characters.npz")
    learn_text(config(*given[:3], "held_out_every=5", *more, "overwrite=true"))
    counts = (tmp_path / "lm/words.csv").read_text("utf-8")
    assert "train," not in counts  # held out once means never learned, however often it counts
    (tmp_path / "sets/one/labels.tsv").write_text("image\ttext\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"labels\.tsv: the header lacks split"):
        learn_text(config(*given, *more, "overwrite=true"))
    with pytest.raises(UserError, match=r"languages: .*xx"):
        learn_text(config(*given, "languages=[xx]", "overwrite=true"))
    with pytest.raises(UserError, match=r"there is no labels\.tsv in it"):
        learn_text(config(*given, f"sets={tmp_path}/lm", "overwrite=true"))


def score_labels(tables, labels):
    state, total = tables.start, 0.0
    for label in labels:
        score, state = follow(tables, state, label)
        total += score
    return total


@settings(max_examples=20, deadline=None)
@given(lines=LINES, order=st.integers(1, 4), characters=st.permutations(list(" abc")))
def test_a_packed_model_says_the_same(tmp_path_factory, lines, order, characters):
    """Whatever classes the reader has, to the nearest of 256 scores."""
    model = model_of(tmp_path_factory, lines, "character", order, "kneser_ney")
    path = tmp_path_factory.mktemp("packed") / "model.npz"
    pack_ngrams(model, path)
    packed = unpack_ngrams(path, tuple(characters))
    exact = ngram_tables(model, by_character(tuple(characters)), start=(SPACE,))
    for text in [*lines, "abba", "c a", ""]:
        classes = np.array([characters.index(letter) + 1 for letter in text], np.int32)
        assert score_labels(packed, classes) == pytest.approx(score_labels(exact, classes), abs=0.02 * (len(text) + 1))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\\data\\\n"])
def test_a_broken_packed_model_is_named(tmp_path, content):
    (tmp_path / "model.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"model\.npz: it is no packed language model"):
        unpack_ngrams(tmp_path / "model.npz", ("a",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "the corpus is empty"),
        (b"", "the corpus is empty"),
        (b" \n", "the corpus is empty"),
        (b"abc\n\xff\n", r"a\.txt:2: it is not UTF-8"),
    ],
)
def test_a_bad_corpus_is_named(tmp_path, content, words):
    (tmp_path / "corpus").mkdir()
    if content is not None:
        (tmp_path / "corpus/a.txt").write_bytes(content)
    with pytest.raises(UserError, match=words):
        learn_text(config("mode=learn_text", f"corpus={tmp_path}/corpus", f"output={tmp_path}/lm"))
    assert not (tmp_path / "lm/words.arpa").exists()


def test_bare_words():
    assert list(bare_words("(Ja!) 12 d'un coup-là... 3rd “Öl”")) == ["Ja", "d'un", "coup-là", "rd", "Öl"]
