"""Soiled pages: exact truth, the same whenever and wherever they are drawn, disjoint splits."""

import cv2
import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from base.errors import UserError
from base.types import ARTIFACT, Ink
from data_generators.eraser import EraserData
from data_generators.synthesis.artifacts.kinds import KINDS, soil, stroke_ranges
from data_generators.synthesis.artifacts.soiling import SoilablePage, Soiling
from data_generators.synthesis.canvas import cut_text, fit_canvas, measure_lines
from data_generators.synthesis.strokes import SoilCanvas
from data_generators.synthesis.writing.fonts import can_draw, find_families, x_height_per_em
from tests.conftest import TINY, config


@pytest.fixture
def cfg(tiny):
    return tiny().data


def page_of(coverage, *, is_crop=True):
    return SoilablePage(height=96, width=256, x_height=16.0, words=[], baselines=[60.0], coverage=coverage, contrast=0.7,
                other_text=lambda rng: np.full((20, 30), 255, np.uint8), is_crop=is_crop)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_leaves_ink_of_its_family_and_nothing_else(kind):
    artifacts = config("task=eraser").data.artifacts
    family, draw_kind = KINDS[kind]
    coverage = np.zeros((96, 256), np.uint8)
    coverage[40:60, 30:200:7] = 255
    laid = 0
    for seed in range(8):
        canvas = SoilCanvas.blank((96, 256), 1)
        own = artifacts.kinds.get(kind) or {}
        draw_kind(
            Soiling(np.random.default_rng(seed), page_of(coverage), canvas, family, stroke_ranges(artifacts.stroke, own), own)
        )
        assert set(np.unique(canvas.ink)) <= {0, int(family)}
        assert (canvas.light[canvas.ink == 0] > 0.7).all(), "what is not in the mask is hardly darkened"
        laid += np.count_nonzero(canvas.ink)
    assert laid > 0


def test_foreign_text_comes_on_crops_only(cfg):
    artifacts = OmegaConf.to_container(cfg.artifacts)
    artifacts.update(clean_probability=0.0, picks={"foreign": {"probability": 1.0, "choose": {"spurious_word": 1}}})
    coverage = np.zeros((96, 256), np.uint8)
    assert soil(np.random.default_rng(1), page_of(coverage), artifacts, channels=1).kinds == ["spurious_word"]
    assert soil(np.random.default_rng(1), page_of(coverage, is_crop=False), artifacts, channels=1).kinds == []


def test_samples_do_not_depend_on_order_or_on_each_other(cfg):
    data = EraserData(cfg, "train", 3)
    later = data.batch(5)
    for step in (0, 5):
        again = EraserData(cfg, "train", 3).batch(step)
        if step == 5:
            np.testing.assert_array_equal(again.inputs, later.inputs)
            np.testing.assert_array_equal(again.targets, later.targets)
    assert not np.array_equal(EraserData(cfg, "train", 4).batch(5).inputs, later.inputs)


def test_consecutive_batches_differ_in_every_dimension():
    shapes = config("task=eraser").data.shapes
    for first, second in zip(shapes, [*shapes[1:], shapes[0]], strict=True):
        assert all(a != b for a, b in zip(first, second, strict=True))


def test_clean_and_soiled_differ_only_under_artifacts(cfg):
    cfg.paper.blur_px = [0, 0]
    cfg.paper.jpeg_probability = 0.0
    data = EraserData(cfg, "test", 1)
    for index in range(12):
        sample = data.sample(index)
        changed = np.abs(sample.image.astype(int) - sample.clean.astype(int)) > 60
        assert not (changed & (sample.ink & ARTIFACT == 0)).any()


def test_colour_is_kept_where_asked_for(cfg):
    cfg.colour = True
    sample = EraserData(cfg, "test", 1).sample(1)
    assert sample.image.ndim == 3
    assert sample.clean.shape == sample.image.shape


def test_splits_share_no_font():
    names = [{family.name for family in find_families(None, split)} for split in ("train", "val", "test")]
    assert not names[0] & names[1] and not names[0] & names[2] and not names[1] & names[2]
    families = [family for split in ("train", "val", "test") for family in find_families(None, split)]
    assert sum(family.hand == "handwriting" for family in families) >= 60
    assert sum(family.hand == "print" for family in families) >= 10
    for split in ("train", "test"):
        assert {family.hand for family in find_families(None, split)} == {"handwriting", "print"}


def test_a_font_draws_only_what_it_has():
    path = find_families(None, "train")[0].files[0]
    assert can_draw(path, "a")
    assert not can_draw(path, "\u0e01")  # a Thai letter
    assert 0.1 < x_height_per_em(path) < 1


def test_no_fonts_is_said(cfg, tmp_path):
    cfg.fonts = str(tmp_path)
    with pytest.raises(UserError, match=r"no fonts.*make fonts"):
        EraserData(cfg, "train", 1)


def test_a_font_that_is_none_is_named(cfg, tmp_path):
    folder = tmp_path / "print"
    for number in range(20):
        (folder / f"family{number}").mkdir(parents=True)
        (folder / f"family{number}" / "bad.ttf").write_text("no font")
    cfg.fonts = str(tmp_path)
    with pytest.raises(UserError, match=r"bad\.ttf: it is not a TrueType or OpenType font"):
        EraserData(cfg, "train", 1).batch(0)


def folder_of_lines(tmp_path, ruled_line, count=6):
    rows = ["image\ttext\tgroup\tsplit"]
    for number in range(count):
        Image.fromarray(ruled_line).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png\ttext {number}\tpage{number}\t{'train' if number < 4 else 'test'}")
    (tmp_path / "labels.tsv").write_text("\n".join(rows) + "\n", "utf-8")


def test_own_lines_can_be_soiled(cfg, tmp_path, ruled_line):
    folder_of_lines(tmp_path, ruled_line)
    cfg.source, cfg.root = "folder", str(tmp_path)
    data = EraserData(cfg, "train", 1)
    assert len(data.source) == 4
    batch = data.batch(0)
    assert batch.inputs.shape == (3, 32, 96, 1)
    assert (batch.targets & Ink.TEXT).any()


def test_own_pages_are_cut_not_shrunk(cfg, tmp_path, rng):
    page = np.full((900, 700), 240, np.uint8)
    page[100::40, 50:650] = 20
    Image.fromarray(page).save(tmp_path / "page.png")
    cfg.source, cfg.root = "folder", str(tmp_path)
    for split in ("train", "val", "test"):
        try:
            data = EraserData(cfg, split, 1)
        except UserError:
            continue
        sample = fit_canvas(rng, data._draw_forever(rng, (256, 256)), (256, 256))
        assert sample.tags["layout"] == "block"
        _, baselines = measure_lines(np.where(sample.ink & Ink.TEXT, np.uint8(255), np.uint8(0)))
        assert len(baselines) <= 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("image\ttext\n1.png\tx\n", r"labels\.tsv: the header lacks group, split"),
        ("image\ttext\tgroup\tsplit\n1.png\tx\n", r"labels\.tsv:2: .*fewer than 4"),
        ("image\ttext\tgroup\tsplit\nnone.png\tx\tg\ttrain\n", r"labels\.tsv:2: there is no image none\.png"),
        ("image\ttext\tgroup\tsplit\n../out.png\tx\tg\ttrain\n", r"labels\.tsv:2: .*lies outside"),
        ("image\ttext\tgroup\tsplit\n", "there are no samples"),
    ],
)
def test_broken_labels_are_named_with_file_and_line(cfg, tmp_path, content, words):
    (tmp_path / "labels.tsv").write_text(content, "utf-8")
    cfg.source, cfg.root = "folder", str(tmp_path)
    with pytest.raises(UserError, match=words):
        EraserData(cfg, "train", 1)


def test_a_mixture_draws_from_its_parts(tmp_path, ruled_line):
    folder_of_lines(tmp_path, ruled_line)
    cfg = config("task=eraser", "data.source=mixture", f"data.root={tmp_path}",
                 "+data.mixture={a:{source: folder, weight: 1, subfolder: '.'}, b:{source: pages, weight: 1}}",
                 "data.languages=[en]").data  # fmt: skip
    data = EraserData(cfg, "train", 1)
    rng = np.random.default_rng(0)
    groups = {data.source.sample(0, rng, (64, 128)).tags["hand"] for _ in range(20)}
    assert "scan" in groups
    assert groups & {"handwriting", "print"}


def test_real_patches_are_laid_with_their_family(cfg, tmp_path, rng):
    patch = np.full((12, 200), 235, np.uint8)
    patch[5:7] = 90
    for scan in range(12):
        (tmp_path / "stains").mkdir(exist_ok=True)
        Image.fromarray(patch).save(tmp_path / "stains" / f"scan{scan}_1.png")
    cfg.artifacts.patches, cfg.artifacts.patch_probability = str(tmp_path), 1.0
    cfg.artifacts.picks, cfg.artifacts.clean_probability = {}, 0.0
    sample = EraserData(cfg, "train", 1).sample(1)
    assert sample.tags["kinds"] == "patch"
    assert (sample.ink & Ink.STAINS).any()


def test_patches_that_are_not_there_are_named(cfg, tmp_path):
    cfg.artifacts.patches = str(tmp_path / "none")
    with pytest.raises(UserError, match="no such folder"):
        EraserData(cfg, "train", 1)
    cfg.artifacts.patches = str(tmp_path)
    with pytest.raises(UserError, match="0 images"):
        EraserData(cfg, "train", 1)


def test_an_unknown_kind_is_answered_with_the_closest(cfg):
    cfg.artifacts.picks = {"rules": {"probability": 1.0, "choose": {"boxx": 1}}}
    cfg.artifacts.clean_probability = 0.0
    with pytest.raises(UserError, match="did you mean box"):
        EraserData(cfg, "train", 1).batch(0)


def test_cut_text_is_cropped_to_its_ink(rng):
    coverage = np.zeros((64, 200), np.uint8)
    cv2.putText(coverage, "words and words", (0, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    piece = cut_text(rng, coverage, [], 16.0)
    assert piece.any(axis=1)[0]
    assert piece.shape[0] <= 48


def test_any_source_can_be_soiled():
    """Lines with artifacts of their own come in clean, with their exact ink."""
    mixture = ["data.source=mixture", "+data@data.mixture.a=synthetic", "data.mixture.a.preset=archive"]
    data = EraserData(config(*TINY, *mixture, "data/artifacts=ranges").data, "train", 1)
    for index in range(6):
        sample = data.sample(index)
        assert not (sample.ink & ARTIFACT).any()
        assert (sample.ink & Ink.TEXT).any()
