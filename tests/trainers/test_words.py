"""Readers that write character by character: learned by heart, read, searched, cut from lines."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from base.bundle import Bundle
from base.errors import UserError
from predictors import load
from predictors.modes.predict import predict
from tests.conftest import TEXTS, TINY_LINES, config, draw_line, write_lines
from trainers.modes.annotate_next import Candidate, annotate_next, images_of, rank
from trainers.modes.cut_words import cut_words
from trainers.modes.train import train
from utils.configuration.check import check

WORDS = sorted(set(" ".join(TEXTS).split()))
TINY = {
    "attention_seq2seq": [
        *("model.decoder_width=32", "model.heads=2", "model.decoder_blocks=1", "model.beam_width=3"),
        *("model.label_smoothing=0", "model.sampling=0.05"),
    ],
    "seq2seq": ["model=seq2seq", "model.height_px=32", "model.filters=[8,16,32]", "model.kernels=[3,3,3]", "model.units=64"],
}


def tiny_words(name, root, *overrides):
    lines = TINY_LINES[1:] if name == "attention_seq2seq" else [each for each in TINY_LINES[1:] if not each.startswith("model.")]
    return config(
        *("task=words", *lines, *TINY[name], f"data.root={root}", "tracking=none", "validation_samples=20"),
        *("trainer.lines.buckets=[96,192]", "trainer.lines.batch_px=1800", *overrides),
    )


@pytest.fixture(scope="module")
def printed_words(tmp_path_factory):
    return write_lines(tmp_path_factory.mktemp("words") / "printed", dict.fromkeys(("train", "val", "test"), WORDS))


@pytest.fixture(scope="module")
def words_run(printed_words, tmp_path_factory):
    place, before = tmp_path_factory.mktemp("words_run"), Path.cwd()
    os.chdir(place)
    try:
        steps = ["trainer.steps_per_epoch=260", "trainer.learning_rate=4e-3", "trainer.warmup_steps=20"]
        cfg = tiny_words("attention_seq2seq", printed_words, *steps)
        check(cfg)
        objective = train(cfg)
        (run,) = (place / "experiments/runs/words").iterdir()
    finally:
        os.chdir(before)
    return run, objective


@pytest.mark.slow
def test_words_are_learned_by_heart(words_run):
    run, cer = words_run
    assert cer == 0.0
    bundle = Bundle.load(run / "bundle", "words")
    assert bundle.onnx_path is not None
    assert bundle.facts["beam_width"] == 3


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx", "keras"])
def test_both_engines_read_the_same_in_order(words_run, engine):
    reader = load("words", str(words_run[0] / "bundle"), engine=engine)
    answers = reader.predict([draw_line(word) for word in WORDS])
    assert [answer.values["text"] for answer in answers] == WORDS
    assert all(len(answer.values["alternatives"]) == 2 for answer in answers)
    assert all(0.3 < answer.values["confidence"] <= 1.0 for answer in answers)


@pytest.mark.slow
def test_greedy_and_wider_beams_are_decoders(words_run):
    bundle = str(words_run[0] / "bundle")
    pictures = [draw_line(word) for word in WORDS]
    for decoder, alternatives in (({"name": "greedy"}, 0), ({"name": "beam", "width": 5}, 4)):
        answers = load("words", bundle, decoder=decoder).predict(pictures)
        assert [answer.values["text"] for answer in answers] == WORDS
        assert max(len(answer.values["alternatives"]) for answer in answers) == alternatives
    with pytest.raises(UserError, match="searches with 3 texts, not 1: use engine=keras"):
        load("words", bundle, decoder={"name": "greedy"}, engine="onnx")
    with pytest.raises(UserError, match="writes its texts itself"):
        load("words", bundle, decoder={"name": "lexicon", "words": "x"})


@pytest.mark.slow
def test_characters_stand_where_they_were_looked_for(words_run):
    line = draw_line("keeper")
    (answer,) = load("words", str(words_run[0] / "bundle")).predict([line])
    edges = [edge for _, _, left, right in answer.values["characters"] for edge in (left, right)]
    assert edges == sorted(edges)
    assert edges[0] >= 0 and edges[-1] <= line.shape[1]
    assert [text for text, *_ in answer.values["characters"]] == list("keeper")


@pytest.mark.slow
def test_a_blank_picture_and_spelling(words_run, tmp_path):
    bundle = str(words_run[0] / "bundle")
    (answer,) = load("words", bundle).predict([np.full((40, 120), 255, np.uint8)])
    assert answer.values["text"] == ""
    listed = tmp_path / "words.csv"
    listed.write_text("word,count\nkeepers,5\n", encoding="utf-8")
    (answer,) = load("words", bundle, spelling={"words": str(listed)}).predict([draw_line("keeper")])
    assert answer.values["text"] == "keepers"
    assert len(answer.values["characters"]) == 7


@pytest.mark.slow
def test_attention_is_drawn_if_asked_for(words_run, printed_words, workplace):
    cfg = config(
        *("mode=predict", "task=words", f"weights={words_run[0] / 'bundle'}", "output=out", "attention=true", "tracking=none"),
        f"input={printed_words / 'images/test_0.png'}",
    )
    check(cfg)
    predict(cfg)
    (answer,) = (json.loads(line) for line in (workplace / "out/predictions.jsonl").read_text("utf-8").splitlines())
    assert answer["text"] == WORDS[0]
    assert (workplace / "out/test_0.attention.png").is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("no_export")
def test_the_encoder_of_a_ctc_reader_is_taken_over(reader_run, printed_words, workplace, capsys):
    cfg = tiny_words("attention_seq2seq", printed_words, f"trainer.init={reader_run[0] / 'bundle'}", "trainer.steps_per_epoch=2")
    train(cfg)
    started = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("starting from"))
    assert "conv2d" not in started and "characters.0" not in started
    assert "text.0/kernel" in started


@pytest.mark.slow
@pytest.mark.usefixtures("no_export")
def test_the_reference_learns_by_heart_too(printed_words, workplace):
    steps = ["trainer.steps_per_epoch=300", "trainer.learning_rate=5e-3", "trainer.warmup_steps=20"]
    assert train(tiny_words("seq2seq", printed_words, *steps)) < 0.1


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.decoder_width=30"], "a multiple of twice model.heads"),
        (["model.beam_width=0"], "model.beam_width=0"),
        (["model.label_smoothing=1"], "model.label_smoothing=1"),
        (["model=seq2seq", "model.ctc_weight=0.5"], "no frames; use 0"),
        (["model=seq2seq", "model.height_px=100"], "a multiple of 64 is needed"),
    ],
)
def test_sizes_that_make_no_network_are_told(printed_words, overrides, message):
    with pytest.raises(UserError, match=message):
        check(config("task=words", f"data.root={printed_words}", *overrides))


def cutting(reader_run, printed_lines, *overrides):
    weights = f"weights={reader_run[0] / 'bundle'}"
    return config(
        "mode=cut_words", "task=lines", f"data.root={printed_lines}", weights, "output=words", "tracking=none", *overrides
    )


def test_lines_are_cut_into_their_words(reader_run, printed_lines, workplace, capsys):
    cfg = cutting(reader_run, printed_lines)
    check(cfg)
    cut_words(cfg)
    rows = [line.split("\t") for line in (workplace / "words/labels.tsv").read_text("utf-8").splitlines()[1:]]
    expected = [word for text in TEXTS for word in text.split()]
    assert [row[1] for row in rows if row[3] == "test"] == expected
    assert "test: 15 words of 6 lines" in capsys.readouterr().out
    from utils.files.images import read_grey

    widths = [read_grey(workplace / "words" / row[0]).shape[1] for row in rows if row[3] == "test"]
    assert widths[expected.index("keeper")] > 2 * widths[expected.index("a")]
    with pytest.raises(UserError, match="overwrite=true"):
        cut_words(cfg)


@pytest.mark.slow
def test_words_cannot_be_cut_without_frames(words_run, printed_lines, workplace):
    with pytest.raises(UserError, match="for task=words, not for task=lines"):
        cut_words(cutting(words_run, printed_lines))


def choosing(reader_run, printed_lines, *overrides):
    weights = f"weights={reader_run[0] / 'bundle'}"
    return config(
        "mode=annotate_next", "task=lines", f"data.root={printed_lines}", weights, "output=next", "tracking=none", *overrides
    )


@pytest.mark.parametrize("by", ["doubt_and_variety", "doubt", "chance"])
def test_images_to_transcribe_are_listed(reader_run, printed_lines, workplace, by):
    cfg = choosing(reader_run, printed_lines, "count=4", f"by={by}")
    check(cfg)
    annotate_next(cfg)
    rows = [line.split("\t") for line in (workplace / "next/labels.tsv").read_text("utf-8").splitlines()]
    assert rows[0] == ["image", "text", "group", "split", "confidence", "reading"]
    assert len(rows) == 5 and all(row[1] == "" and row[5] in TEXTS for row in rows[1:])
    names = (workplace / "next/names.txt").read_text("utf-8").split()
    assert len(set(names)) == 4 and all((printed_lines / name).is_file() for name in names)
    assert (workplace / "next/contact_sheet.png").is_file() and (workplace / "next" / rows[1][0]).is_file()
    lists = [f"data.split.files.{split}={workplace / 'next' / file}" for split, file in (("train", "names.txt"),)]
    others = workplace / "others.txt"
    others.write_text("val\n", encoding="utf-8")
    cfg = config("task=lines", f"data.root={printed_lines}", "data.split.by=files", *lists, f"data.split.files.val={others}")
    from data_generators.lines import LinesData

    assert len(LinesData.of(cfg, "train").source) == 4


def test_variety_spreads_over_what_is_found():
    rng = np.random.default_rng(1)
    alike = [Candidate(index, "x", 0.1, 0.9, np.array([0.0, 0.0]) + rng.normal(0, 0.01, 2)) for index in range(10)]
    unlike = [Candidate(10, "x", 0.3, 0.7, np.array([5.0, 0.0])), Candidate(11, "x", 0.3, 0.7, np.array([0.0, 5.0]))]
    chosen = rank([*alike, *unlike], "doubt_and_variety", 3, 4.0, 1)
    assert {candidate.index for candidate in chosen} >= {10, 11}
    assert {candidate.index for candidate in rank([*alike, *unlike], "doubt", 3, 4.0, 1)} <= set(range(10))


def test_a_long_line_counts_for_more_than_a_short_one():
    """Both are as unsure in each character: the long one has more of them to learn from."""
    short, long = Candidate(0, "x", 0.5, 0.5, np.zeros(2)), Candidate(1, "x" * 30, 0.6, 12.0, np.zeros(2))
    assert rank([short, long], "doubt", 1, 4.0, 1) == [long]


def test_all_images_of_a_folder_without_splits_may_be_asked_for(tmp_path, workplace):
    for number, text in enumerate(TEXTS):
        (tmp_path / "scans").mkdir(exist_ok=True)
        Image.fromarray(draw_line(text)).save(tmp_path / f"scans/{number}.png")
    cfg = config("mode=annotate_next", "task=lines", f"data.root={tmp_path / 'scans'}", "output=next", "count=6", "tracking=none")
    assert len(images_of(cfg)) == len(TEXTS)
    stated = write_lines(tmp_path / "stated", {"train": TEXTS[:4], "val": TEXTS[4:5], "test": TEXTS[5:]})
    assert len(images_of(OmegaConf.merge(cfg, {"data": {"root": str(stated)}}))) == 4
