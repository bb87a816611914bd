"""Lines for training and for measuring: charsets, lines that cannot be learned, mixtures that change on the way."""

import numpy as np
import pytest
from PIL import Image

from base.errors import UserError
from base.fitting.budget import StepBudget
from base.registry import SOURCES
from data_generators.lines import LinesData
from tests.conftest import TEXTS, TINY_LINES, config, draw_line, write_lines


def lines(root, split="train", *overrides):
    return LinesData.of(config(*TINY_LINES, f"data.root={root}", "tracking=none", *overrides), split)


def test_the_charset_is_that_of_the_texts_by_their_rules(tmp_path):
    root = write_lines(tmp_path / "a", {"train": ["l’eau", "ſi"], "val": ["x"], "test": ["x"]})
    assert "".join(lines(root).charset.characters) == "aeiluſ’"
    ruled = lines(root, "train", "text_rules={quotes:straight,long_s:round}")
    assert "".join(ruled.charset.characters) == "'aeilsu"
    assert ruled.complete(ruled.run).model.charset == "'aeilsu"


def test_lines_that_cannot_be_learned_are_left_out_and_counted(tmp_path):
    root = write_lines(tmp_path / "a", {"train": [*TEXTS, "zz"], "val": ["a"], "test": ["a"]})
    Image.fromarray(np.full((32, 9), 200, np.uint8)).save(root / "images/train_0.png")
    charset = tmp_path / "charset.txt"
    charset.write_text("".join(sorted(set("".join(TEXTS)))), encoding="utf-8")
    data = lines(root, "train", f"charset={charset}", "unknown_characters=skip")
    assert len(data.source) == len(TEXTS) - 1
    reasons = [left_out.reason for left_out in data.source.left_out]
    assert any("do not fit 2 frames" in reason for reason in reasons)
    assert any("the charset lacks z" in reason for reason in reasons)
    assert "2 samples left out" in data.fingerprint()


def test_made_up_lines_need_a_charset():
    with pytest.raises(UserError, match="charset= is missing: data can write any character"):
        LinesData.of(config(*TINY_LINES, "data=synthetic", "tracking=none"), "train")


def test_measuring_takes_lines_from_all_real_parts_evenly(tmp_path):
    for name, count in (("a", 6), ("b", 2)):
        write_lines(tmp_path / name, {"train": ["x"], "val": TEXTS[:count], "test": ["x"]})
    parts = [f"+data@data.mixture.{name}=folder" for name in ("a", "b")] + ["+data@data.mixture.synthetic=synthetic"]
    roots = [f"data.mixture.{name}.root={tmp_path / name}" for name in ("a", "b")]
    cfg = config(
        *TINY_LINES, "data=mixture", *parts, *roots, "mode=evaluate", "weights=x", "validation_samples=4", "tracking=none"
    )
    data = LinesData.of(cfg, "val")
    assert [data.sample(index).tags["source"] for index in range(len(data))] == ["a", "a", "a", "b"]


def test_a_mixture_changes_in_the_course_of_training(tmp_path):
    for name in ("a", "b"):
        write_lines(tmp_path / name, {"train": [name * 3, name * 4], "val": ["x"], "test": ["x"]})
    parts = [f"+data@data.mixture.{name}=folder" for name in ("a", "b")]
    roots = [f"data.mixture.{name}.root={tmp_path / name}" for name in ("a", "b")]
    weights = ["+data.mixture.a.weight=[1,0]", "+data.mixture.b.weight=[0,1]"]
    cfg = config(*TINY_LINES, "data=mixture", *parts, *roots, *weights, "trainer.steps_per_epoch=40", "tracking=none")
    data = LinesData.of(cfg, "train")
    data.follow(StepBudget(40))

    def part_of_a(step):
        labels = data.batch(step).targets["labels"]
        return (labels[labels > 0] == data.charset.numbers["a"]).mean()

    assert part_of_a(0) == 1.0
    assert 0.2 < np.mean([part_of_a(step) for step in range(16, 26)]) < 0.8
    assert np.mean([part_of_a(step) for step in range(36, 40)]) < 0.3


def test_a_mixture_has_the_weights_of_its_point_of_the_training(tmp_path):
    for name in ("a", "b"):
        write_lines(tmp_path / name, {"train": ["x"], "val": ["x"], "test": ["x"]})
    parts = [f"+data@data.mixture.{name}=folder" for name in ("a", "b")]
    roots = [f"data.mixture.{name}.root={tmp_path / name}" for name in ("a", "b")]
    cfg = config("mode=check_data", "data=mixture", *parts, *roots, "+data.mixture.a.weight=[3,1]")
    mixture = SOURCES.get("mixture")(cfg.data, "train")
    np.testing.assert_allclose(mixture.at(0.0).limits, [0.75, 1.0])
    np.testing.assert_allclose(mixture.at(0.5).limits, [2 / 3, 1.0])
    np.testing.assert_allclose(mixture.at(1.0).limits, [0.5, 1.0])


def test_a_loose_crop_fits_if_its_margins_go(tmp_path):
    root = write_lines(tmp_path / "a", {"train": TEXTS, "val": ["a"], "test": ["a"]})
    loose = np.full((700, 400), 240, np.uint8)
    line = draw_line(TEXTS[0])
    loose[300 : 300 + line.shape[0], : line.shape[1]] = line
    Image.fromarray(loose).save(root / "images/train_0.png")
    assert len(lines(root).source) == len(TEXTS)


def test_light_lines_on_dark_paper_are_turned_round_in_training_too(tmp_path):
    root = write_lines(tmp_path / "a", {"train": [TEXTS[0]], "val": ["a"], "test": ["a"]})
    before = lines(root).batch(0).inputs["image"]
    Image.fromarray(255 - draw_line(TEXTS[0])).save(root / "images/train_0.png")
    assert abs(lines(root).batch(0).inputs["image"].mean() - before.mean()) < 10


def test_a_signature_differs_in_every_dimension_that_varies(tmp_path):
    root = write_lines(tmp_path / "a", {"train": TEXTS, "val": ["x"], "test": ["x"]})
    data = lines(root)
    one, two = data.signature()
    for name, varying in (("image", (0, 2)), ("width", (0,))):
        assert all(one.inputs[name].shape[axis] != two.inputs[name].shape[axis] for axis in varying)
    assert one.targets["labels"].shape[1] != two.targets["labels"].shape[1]
    for step in range(6):
        batch = data.batch(step)
        assert batch.inputs["image"].dtype == one.inputs["image"].dtype
        assert batch.targets["labels"].dtype == one.targets["labels"].dtype
