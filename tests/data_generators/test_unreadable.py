"""One image that cannot be read: it ends a training with a line, or others stand in for it and it is said."""

import numpy as np
import pytest
from PIL import Image

from base.errors import UserError
from base.registry import DATA_GENERATORS
from data_generators.batches.readable import tell
from tests.conftest import TEXTS, TINY, TINY_LINES, config, draw_line, write_lines
from tests.data_generators.test_pages_data import PAGE

BATCHES = 6


def truncate(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def lines(place):
    root = write_lines(place / "lines", {"train": TEXTS, "val": TEXTS, "test": TEXTS[:1]})
    for split in ("train", "val"):
        truncate(root / f"images/{split}_2.png")
    return [*TINY_LINES, f"data.root={root}"]


def clean_images(place):
    root = write_lines(place / "clean", {"train": TEXTS, "val": TEXTS, "test": TEXTS[:1]})
    truncate(root / "images/train_2.png")
    return [*TINY, "data.source=folder", f"data.root={root}"]


def syllables(place):
    root = place / "syllables"
    for number, text in enumerate("가나다라" * 2):
        for split in ("train", "val"):
            path = root / split / text / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw_line("xo", size=40)).save(path)
    truncate(root / "train/다/2.png")
    truncate(root / "val/다/2.png")
    small = ("trainer.hangul.batch_size=8", "trainer.hangul.negatives=0", "model.image_px=32")
    return ["task=hangul", "data=folder", "data.labels=folders", f"data.root={root}", *small]


def pages(place):
    for split in ("train", "val"):
        for name in ("a", "b", "c"):
            folder = place / "pages" / split
            folder.mkdir(parents=True, exist_ok=True)
            image = np.full((300, 400), 240, np.uint8)
            image[80:100, 60:340:6] = 30
            Image.fromarray(image).save(folder / f"{split}{name}.png")
            (folder / f"{split}{name}.xml").write_text(PAGE.format(name=f"{split}{name}"), "utf-8")
    truncate(place / "pages/train/trainb.png")
    truncate(place / "pages/val/valb.png")
    return ["task=pages", "data=page_files", f"data.root={place / 'pages'}", "trainer.pages.crop_px=128", "model.depth=1"]


@pytest.mark.parametrize("data", [lines, clean_images, syllables, pages])
def test_one_broken_image_ends_a_training_in_a_line_or_is_left_out(tmp_path, capsys, data):
    arguments = [*data(tmp_path), "tracking=none"]
    strict, forgiving = (config(*arguments, f"data.on_problem={rule}") for rule in ("error", "skip"))
    with pytest.raises(UserError, match=r"\.png: .*truncated"):
        read_all(strict, "train")
    tell.cache_clear()
    data = read_all(forgiving, "train")
    assert capsys.readouterr().err.count("note: left out") + len(data.source.left_out) == 1


@pytest.mark.parametrize("data", [lines, syllables, pages])
def test_what_is_measured_on_leaves_it_out_too(tmp_path, data):
    arguments = [*data(tmp_path), "tracking=none", "validation_samples=null"]
    with pytest.raises(UserError, match=r"\.png: .*truncated"):
        read_all(config(*arguments), "val")
    whole = len(read_all(config(*arguments, "data.on_problem=skip"), "val"))
    broken = [path for path in tmp_path.rglob("*.png") if "val" in str(path.relative_to(tmp_path))]
    assert whole == len(broken) - 1


def read_all(cfg, split):
    """Makes some batches, each twice, or reads every sample to measure on."""
    data = DATA_GENERATORS.get(cfg.task.generator).of(cfg, split)
    if split == "train":
        for step in range(BATCHES):
            first, second = data.batch(step), data.batch(step)
            for one, other in zip(arrays_of(first), arrays_of(second), strict=True):
                np.testing.assert_array_equal(one, other)
        return data
    for index in range(len(data)):
        data.sample(index)
    return data


def arrays_of(batch):
    """All arrays of a batch."""
    for part in (batch.inputs, batch.targets):
        yield from part.values() if isinstance(part, dict) else [part]


def test_a_set_of_broken_images_is_not_trained_on_for_ever(tmp_path):
    arguments = lines(tmp_path)
    for path in (tmp_path / "lines/images").glob("train_*"):
        if path.stem != "train_2":
            truncate(path)
    with pytest.raises(UserError, match="can be read"):
        read_all(config(*arguments, "tracking=none", "data.on_problem=skip"), "train")
