"""Syllables that never existed, and those of files."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from base.errors import EmptySplit, UserError
from base.registry import SOURCES
from data_generators.hangul import HangulData
from data_generators.sources.hangul import HangulSource, syllable_weights
from data_generators.synthesis.hangul.jamo_parts import jamo_parts
from data_generators.synthesis.hangul.negatives import Negatives
from data_generators.synthesis.hangul.syllables import write_syllable
from preprocessing.text import hangul
from tests.conftest import config
from utils.configuration.check import check


def source_of(split="train", *overrides) -> HangulSource:
    return SOURCES.get("hangul")(config("mode=generate", "data=hangul", "output=x", *overrides).data, split)


def test_the_same_random_numbers_draw_the_same_syllable():
    source = source_of()
    first, again, other = (source.sample(3, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert (first.text, first.group) == (again.text, again.group)
    assert np.array_equal(first.image, again.image)
    assert not np.array_equal(first.image, other.image)
    assert first.image.shape == (88, 88) and hangul.is_hangul(first.text)


@pytest.mark.parametrize("side", [64, 96, 128, 256])
def test_nothing_is_clipped_at_any_size(side, monkeypatch):
    source = source_of()
    straight = replace(source.shape, bend=(0, 0))  # so that a wider view bends nothing else
    for seed in range(40):
        rng = np.random.default_rng(seed)
        text, _, path = source._draw(rng)
        coverage = write_syllable(np.random.default_rng(seed), path, text, side, source.shape).coverage
        assert coverage.shape == (side, side) and coverage.max() > 100
        rim = np.concatenate([coverage[0], coverage[-1], coverage[:, 0], coverage[:, -1]])
        assert rim.max() < 40, f"{text} of {path.name} touches the rim"
        inks = []
        for beyond in (1.5, 2.5):
            monkeypatch.setattr("data_generators.synthesis.hangul.syllables.BEYOND", beyond)
            inks.append(float(write_syllable(np.random.default_rng(seed), path, text, side, straight).coverage.sum()))
        monkeypatch.undo()
        assert inks[0] == pytest.approx(inks[1], rel=0.03), f"{text} of {path.name} is cut off"


def test_families_are_in_one_split():
    names = {split: {family.name for family in source_of(split).families} for split in ("train", "val", "test")}
    assert not names["train"] & names["test"] and not names["train"] & names["val"] and not names["val"] & names["test"]
    assert {"nanum-pen-script", "gamja-flower"} <= names["test"]
    files = [path for split in names for _, path in source_of(split).fonts]
    assert len(files) == len(set(files))


def test_val_and_test_go_through_everything():
    source = source_of("test", "data.syllables=ks_x_1001")
    assert len(source) == (2350 + 51) * len(source.families)
    some = [source._find(index, np.random.default_rng(index)) for index in range(0, len(source), 7)]
    assert len({(text, family.name) for text, family, _ in some}) == len(some)


def test_only_what_was_asked_for_is_drawn(tmp_path):
    (tmp_path / "few.txt").write_text("가나다", encoding="utf-8")
    source = source_of("train", f"data.syllables={tmp_path / 'few.txt'}", "data.lone_jamo_probability=0")
    assert {source.sample(0, np.random.default_rng(seed)).text for seed in range(30)} == set("가나다")
    lone = source_of("train", "data.lone_jamo_probability=1")
    assert {lone.draw_text(np.random.default_rng(seed)) for seed in range(30)} <= set(hangul.LONE_JAMO)


def test_frequencies():
    uniform = syllable_weights("가나뷁", uniform=1, words=0, rare_jamo=0)
    np.testing.assert_allclose(uniform, 1 / 3)
    words = syllable_weights("가나뷁", uniform=0, words=1, rare_jamo=0)
    assert words.argmax() != 2 and words.sum() == pytest.approx(1)
    known = hangul.ks_x_1001()
    classes = hangul.classes_of(known)
    spread = [
        np.bincount(classes[:, 2], syllable_weights(known, uniform=u, words=0, rare_jamo=1 - u), minlength=28).std()
        for u in (1, 0)
    ]
    assert spread[1] < spread[0]


def test_the_strokes_of_each_jamo_are_found():
    """In a font of plain shapes: the initial of 표 is above, its medial below; the final of 각 is at the bottom."""
    path = next(path for family, path in source_of("test").fonts if family.name == "gowun-dodum")
    rng = np.random.default_rng(1)
    rows = np.arange(56)
    heights = {
        text: [float(part.sum(axis=1) @ rows / part.sum()) for part in jamo_parts(path, text, rng) if part.sum() > 1]
        for text in "표각"
    }
    assert heights["표"][0] < heights["표"][1] - 5
    assert heights["각"][2] > max(heights["각"][:2]) + 5
    whole = jamo_parts(path, "ㅏ", rng)
    assert whole[1].sum() > 10 and whole[0].sum() == whole[2].sum() == 0


def test_samples_may_know_their_jamo():
    source = source_of("test", "data.paper.noise=[0,0]").showing_parts()
    sample = source.sample(1, np.random.default_rng(2))
    assert sample.parts.shape == (3, *sample.image.shape)
    inked = cv2.dilate((sample.parts.sum(axis=0) > 0.5).astype(np.uint8), np.ones((7, 7))) > 0
    assert sample.image[inked].mean() < sample.image[~inked].mean()


def test_negatives_are_pictures(rng):
    negatives = Negatives(source_of())
    pictures = [negatives.picture(np.random.default_rng(seed)) for seed in range(40)]
    assert all(picture.dtype == np.uint8 and picture.ndim == 2 and min(picture.shape) >= 10 for picture in pictures)
    assert len({picture.shape for picture in pictures}) > 5
    np.testing.assert_array_equal(pictures[3], negatives.picture(np.random.default_rng(3)))


def hangul_config(*overrides):
    cfg = config("task=hangul", "trainer.hangul.batch_size=8", "model.image_px=32", "validation_samples=6", *overrides)
    check(cfg)
    return cfg


def test_batches_follow_from_the_step_alone():
    cfg = hangul_config("trainer.hangul.negatives=0.4")
    batches = [HangulData.of(cfg, "train").batch(step) for step in (4, 4, 5)]
    assert batches[0].inputs["image"].shape == (8, 32, 32, 1)
    np.testing.assert_array_equal(batches[0].inputs["image"], batches[1].inputs["image"])
    assert not np.array_equal(batches[0].inputs["image"], batches[2].inputs["image"])
    assert 0 < batches[0].targets["known"].sum() < 8
    assert set(np.unique(batches[0].targets["hand"])) <= {-1.0, 0.0, 1.0}


def test_splits_by_syllable():
    cfg = hangul_config("syllables.train=ks_x_1001", "syllables.test=others", "data.lone_jamo_probability=0")
    data = HangulData.of(cfg, "train")
    known = set(hangul.ks_x_1001())
    assert set(data.learned()) == known | set(hangul.LONE_JAMO)
    assert known.isdisjoint(HangulData.of(cfg, "test").sample(k).text for k in range(20))


def test_a_complete_head_takes_its_syllables_from_the_data(tmp_path):
    (tmp_path / "few.txt").write_text("나가", encoding="utf-8")
    cfg = hangul_config(f"syllables.train={tmp_path / 'few.txt'}", "model.head.name=complete")
    charset = HangulData.of(cfg, "train").complete(cfg).model.head.charset
    assert charset.startswith("가나ㄱ")


@pytest.fixture
def folders(tmp_path):
    """One folder a syllable, by name or code point, files of three hands."""
    for folder in ("가", "U+B098", "not one"):
        (tmp_path / "set" / folder).mkdir(parents=True)
        for hand in ("kim", "lee", "park"):
            image = np.full((40, 40), 255, np.uint8)
            image[10:30, 12:16] = 0
            cv2.imwrite(str(tmp_path / "set" / folder / f"{hand}.png"), image)
    return tmp_path / "set"


def test_a_folder_for_each_syllable(folders):
    cfg = hangul_config("data=folder", f"data.root={folders}", "data.labels=folders")
    data = {split: HangulData.of(cfg, split) for split in ("train", "val", "test")}
    assert {data["val"].text(index) for index in range(len(data["val"]))} == {"가", "나"}
    groups = [{data[split].sample(index).group for index in range(2)} for split in ("val", "test")]
    assert all(len(group) == 1 for group in groups) and groups[0] != groups[1]
    assert "not one syllable" in data["val"].source.left_out[0].reason


def aihub(root, **changes):
    (root / "images").mkdir(parents=True)
    rows = [("0", "가", "글자(음절)"), ("1", "나", "글자(음절)"), ("2", "하늘", "단어(어절)")]
    content = {
        "images": [{"id": k, "file_name": f"{k}.png"} for k, _, _ in rows],
        "annotations": [
            {"image_id": k, "text": t, "attributes": {"type": kind, "gender": "여", "age": k}} for k, t, kind in rows
        ],
        **changes,
    }
    for number, _, _ in rows:
        cv2.imwrite(str(root / "images" / f"{number}.png"), np.full((20, 20), int(number), np.uint8))
    (root / "labels.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return root


def open_aihub(root, split="train", *overrides):
    cfg = config("mode=check_data", "data=aihub", f"data.root={root}", "data.split.val=0", "data.split.test=0", *overrides)
    return SOURCES.get("aihub")(cfg.data, split)


def test_annotations_of_ai_hub(tmp_path):
    source = open_aihub(aihub(tmp_path / "set"))
    assert [source.text(index) for index in range(len(source))] == ["가", "나"]
    assert source.sample(0, np.random.default_rng(0)).tags["hand"] == "handwriting"
    assert source.sample(1, np.random.default_rng(0)).image[0, 0] == 1
    assert [open_aihub(tmp_path / "set", "train", "data.level=words").text(0)] == ["하늘"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"annotations": 3}, "needs a list `annotations`"),
        ({"images": []}, r"annotations\[0\]: its image 0 is not below"),
        ({"annotations": []}, "no samples"),
    ],
)
def test_broken_annotations_are_named(tmp_path, changes, says):
    with pytest.raises((UserError, EmptySplit), match=says):
        open_aihub(aihub(tmp_path / "set", **changes))
