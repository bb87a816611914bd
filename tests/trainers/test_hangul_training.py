"""Readers of syllables: trained, saved, measured, asked, explained."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from base.bundle import Bundle
from base.errors import PartialFailure, UserError
from predictors import load
from predictors.modes.predict import predict
from tests.conftest import config
from trainers.modes.evaluate import evaluate
from trainers.modes.train import train
from utils.configuration.check import check

FEW = "가나다라마바사아자차각낙닥락막"
FAMILIES = [
    "one:{hand:print,split:train,files:[gowun-dodum]}",
    "two:{hand:print,split:val,files:[nanum-gothic]}",
    "three:{hand:handwriting,split:test,files:[gowun-batang]}",
]
MODEL = [
    *("task=hangul", "tracking=none", "model.image_px=32", "model.widths=[16,32]", "model.blocks=[1,1]", "model.dropout=0"),
    *("model.head.width=32", "model.head.state=16", "trainer.hangul.batch_size=16", "trainer.epochs=1"),
    *("trainer.steps_per_epoch=3", "trainer.warmup_steps=1", "callbacks.gallery.samples=2", "negatives.side_px=48"),
    *("validation_samples=8", "test_samples=8"),
]
MADE = [
    *("data=hangul_plain", "data.print_probability=1", "data.side_px=48", "data.lone_jamo_probability=0"),
    "~data.families",
    f"+data.families={{{','.join(FAMILIES)}}}",
]


def tiny(*overrides):
    cfg = config(*MODEL, *MADE, *overrides)
    check(cfg)
    return cfg


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A reader that has learned fifteen syllables by heart."""
    place, before = tmp_path_factory.mktemp("hangul"), Path.cwd()
    os.chdir(place)
    try:
        (place / "few.txt").write_text(FEW, encoding="utf-8")
        cfg = tiny(
            *(f"data.syllables={place / 'few.txt'}", "trainer.steps_per_epoch=260", "trainer.learning_rate=5e-3"),
            *("trainer.warmup_steps=20", "trainer.hangul.negatives=0.15", "test_samples=15", "trainer.ema_momentum=0.9"),
        )
        objective = train(cfg)
        (folder,) = (place / "experiments/runs/hangul").iterdir()
    finally:
        os.chdir(before)
    return folder, objective


def draw(text, side=48, margin=8):
    from PIL import Image, ImageDraw, ImageFont

    from tests.conftest import ROOT

    path = next((ROOT / "node_modules/@expo-google-fonts/gowun-dodum").rglob("*.ttf"))
    picture = Image.new("L", (side, side), 250)
    ImageDraw.Draw(picture).text((margin, 0), text, fill=10, font=ImageFont.truetype(str(path), side - 2 * margin))
    return np.asarray(picture)


def test_syllables_are_learned_by_heart_in_other_fonts_too(run):
    folder, top1 = run
    assert top1 >= 0.8
    bundle = Bundle.load(folder / "bundle", "hangul")
    assert bundle.onnx_path is not None
    assert bundle.facts["trained_on"].startswith("가각")
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    wanted = ("top1", "top5", "initial", "medial", "final", "ece", "negatives_refused")
    assert {f"test_{name}" for name in wanted} <= set(metrics)
    for figure in ("confusions_initial.png", "confusions_medial.png", "confusions_final.png", "reliability.png"):
        assert (folder / "figures" / figure).is_file()


@pytest.mark.parametrize("engine", ["onnx", "keras"])
def test_one_picture_or_several(run, engine):
    reader = load("hangul", str(run[0] / "bundle"), engine=engine)
    answers = reader.predict([draw(text) for text in FEW], n=3)
    assert np.mean([answer.values["text"] == text for answer, text in zip(answers, FEW, strict=True)]) >= 0.9
    assert all(len(answer.values["alternatives"]) == 2 for answer in answers)
    alone = reader.predict(draw("나"))
    assert alone.values["text"] == answers[1].values["text"]
    confidences = [alone.values["confidence"], *(share for _, share in alone.values["alternatives"])]
    assert len(confidences) == 5 and confidences == sorted(confidences, reverse=True)


def test_answers_within_a_charset(run):
    reader = load("hangul", str(run[0] / "bundle"))
    answer = reader.predict(draw("나"), n=2, charset="다라")
    assert {answer.values["text"], answer.values["alternatives"][0][0]} == {"다", "라"}
    with pytest.raises(UserError, match="n=3: from 1 to 2 answers"):
        reader.predict(draw("나"), n=3, charset="다라")
    with pytest.raises(UserError, match=r"'x' \(U\+0078\) is no Hangul"):
        reader.predict(draw("나"), charset="다x")
    with pytest.raises(UserError, match="the charset is empty"):
        reader.predict(draw("나"), charset="")
    with pytest.raises(UserError, match="from 1 to 11223"):
        reader.predict(draw("나"), n=20_000)


def test_what_is_no_syllable(run, tmp_path):
    reader = load("hangul", str(run[0] / "bundle"))
    blank, tiny_one, page = reader.predict(
        [np.full((60, 60), 240, np.uint8), np.zeros((4, 4), np.uint8), np.tile(draw("나"), (7, 7))], n=1
    )
    assert (blank.values["text"], blank.values["confidence"], blank.values["note"]) == ("", 0.0, "blank")
    assert "too small" in tiny_one.error
    assert page.values["confidence"] < 0.5 and "not look like one syllable" in page.values["note"]


def test_light_on_dark_and_large_pictures_read_the_same(run):
    reader = load("hangul", str(run[0] / "bundle"))
    plain = draw("막")
    answers = reader.predict([plain, 255 - plain, np.kron(plain, np.ones((9, 9), np.uint8)), np.stack([plain] * 3, axis=-1)])
    assert len({answer.values["text"] for answer in answers}) == 1


def test_files_are_read_and_explained(run, workplace):
    (workplace / "in/sub").mkdir(parents=True)
    cv2.imwrite("in/sub/a.png", draw("가"))
    (workplace / "in/broken.png").write_bytes(b"no image")
    (workplace / "among.txt").write_text(FEW, encoding="utf-8")
    cfg = config(
        *("mode=predict", "task=hangul", f"weights={run[0] / 'bundle'}", "input=in", "output=out", "tracking=none"),
        *("n=3", "explain=true", "among=among.txt", "reject_below=0.99"),
    )
    check(cfg)
    with pytest.raises(PartialFailure, match="1 of 2"):
        predict(cfg)
    broken, good = (json.loads(line) for line in Path("out/predictions.jsonl").read_text("utf-8").splitlines())
    assert "error" in broken and good["image"] == "sub/a.png"
    assert good["text"] in FEW and len(good["alternatives"]) == 2 and "check" in good
    assert Path("out", good["attribution"]).is_file()
    assert Path("out/predictions_sheet.png").is_file()


@pytest.mark.slow
def test_evaluation_says_whether_explanations_hold(run, workplace, capsys):
    few = run[0].parents[3] / "few.txt"
    cfg = tiny("mode=evaluate", f"weights={run[0] / 'bundle'}", f"data.syllables={few}", "explained_samples=3", "test_samples=6")
    evaluate(cfg)
    told = capsys.readouterr().out
    assert "grad_cam" in told and "layer_cam" in told and "left after random ink" in told
    (folder,) = Path("experiments/runs/hangul").iterdir()
    assert (folder / "figures/explained.png").is_file()
    assert len((folder / "syllables.tsv").read_text("utf-8").splitlines()) == 7


def test_seen_and_unseen_syllables_are_told_apart(run, workplace, capsys):
    cfg = tiny("mode=evaluate", f"weights={run[0] / 'bundle'}", "test_samples=20")
    evaluate(cfg)
    assert "unseen" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["n=0"], "n=0"),
        (["n=20000"], "from 1 to 11223"),
        (["model.head={name:complete,charset:abc}"], "'a' .* is no Hangul"),
        (["model.head.charset='가'"], "is for model.head.name=complete"),
        (["data.traces.rule=5"], "a probability"),
        (["data.train_without=[bent]"], "did you mean bend"),
        (["trainer.minutes=-1"], "more than 0"),
        (["syllables.train=nowhere.txt"], "syllables.train=nowhere.txt: choose one of all, ks_x_1001, others"),
        (["among=nowhere.txt"], "there is no such charset file"),
        (["model=unet"], "model=unet is for task=eraser"),
        (["model.link=gab"], "did you mean gap"),
        (["model.head.name=complet"], "did you mean complete"),
        (["model=inception_resnet", "model.image_px=64"], "no less than 75"),
        (["trainer.schedule=phases"], "schedule=phases needs"),
        (["trainer.schedule=phases", "trainer.phases=[[10,fast]]"], "schedule=phases needs"),
        (["trainer.hangul.batch_size=1"], "at least 2"),
        (["data.frequency={uniform:0,words:0,rare_jamo:0}"], "one above 0"),
        (["data.families.dongle.split=dev"], "split is one of"),
        (["data.shape.size=[0.5,1.5]"], "parts of the side"),
        (["data.fonts=nowhere"], "there is no such folder"),
        (["negatives.side_px=8"], "negatives.side_px=8"),
    ],
)
def test_mistakes_are_named(overrides, says):
    with pytest.raises(UserError, match=says):
        check(config("task=hangul", *overrides))


@pytest.mark.usefixtures("no_export")
def test_one_epoch_on_real_pictures(workplace):
    """A folder of one syllable each, through train and evaluate."""
    rows = ["image\ttext\tgroup\tsplit"]
    for split in ("train", "val", "test"):
        for text in "가나ㄱ":
            name = f"{split}_{ord(text):x}.png"
            cv2.imwrite(name, draw(text))
            rows.append(f"{name}\t{text}\t{split}\t{split}")
    Path("labels.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    cfg = config(*MODEL, "data=folder", "data.root=.")
    check(cfg)
    train(cfg)
    (folder,) = Path("experiments/runs/hangul").iterdir()
    rows = [row.split("\t") for row in (folder / "syllables.tsv").read_text("utf-8").splitlines()]
    assert sorted(row[5] for row in rows[1:]) == sorted("가나ㄱ")
    assert Bundle.load(folder / "bundle", "hangul").facts["trained_on"] == "가나ㄱ"
