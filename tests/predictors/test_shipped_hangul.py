"""The shipped reader of syllables: what a user meets first."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from predictors import load
from preprocessing.text import hangul
from tests.conftest import ROOT

FONTS = ROOT / "node_modules/@expo-google-fonts"


def draw(text, family="gamja-flower", size=60):
    font = ImageFont.truetype(str(next((FONTS / family).rglob("*400Regular.ttf"))), size)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (int(right - left) + 24, int(bottom - top) + 24), 245)
    ImageDraw.Draw(picture).text((12 - left, 12 - top), text, font=font, fill=25)
    return np.asarray(picture)


@pytest.fixture(scope="module")
def reader():
    return load("hangul")


def test_it_reads_families_that_it_never_saw(reader):
    texts = hangul.SYLLABLES[::149]
    answers = reader.predict([draw(text) for text in texts], n=5)
    assert np.mean([answer.values["text"] == text for answer, text in zip(answers, texts, strict=True)]) > 0.95
    assert all(
        text in (answer.values["text"], *(other for other, _ in answer.values["alternatives"]))
        for answer, text in zip(answers, texts, strict=True)
    )


def test_it_knows_what_it_does_not_know(reader):
    page = np.concatenate([np.concatenate([draw("글") for _ in range(9)], axis=1) for _ in range(12)])
    negatives = [draw("R", "indie-flower"), draw("g", "indie-flower"), draw("안녕하세요"), page]
    for answer in reader.predict(negatives):
        assert answer.values["confidence"] < 0.5


def test_the_best_are_exact(reader):
    """Against the scores of all texts, one by one."""
    frame = reader.frame(draw("꽃"))
    scores, _ = reader.scores([frame])
    best = sorted(range(len(reader.texts)), key=lambda place: -scores[0, place])[:7]
    answer = reader.predict(draw("꽃"), n=7)
    assert [answer.values["text"], *(text for text, _ in answer.values["alternatives"])] == [
        reader.texts[place] for place in best
    ]


def test_batches_of_arrays(reader):
    pictures = np.stack([np.asarray(Image.fromarray(draw(text)).resize((64, 64))) for text in "가나다"])
    for batch in (pictures, pictures[..., None], np.repeat(pictures[..., None], 3, axis=-1)):
        assert [answer.values["text"] for answer in reader.predict(batch)] == list("가나다")


def test_it_weighs_little():
    files = (ROOT / "experiments/pretrained/hangul").iterdir()
    assert sum(path.stat().st_size for path in files) < 10e6
