"""Composed pages, pages of files, and what a network sees of them."""

import numpy as np
import pytest
from PIL import Image

from base.errors import UserError
from base.registry import SOURCES
from base.types import LayoutInk, PageLine
from data_generators.pages import PagesData
from data_generators.synthesis.pages.composer import LAYOUTS
from data_generators.synthesis.pages.warp import SheetRanges, SheetWarp
from tests.conftest import config
from utils.configuration.check import check

SMALL = ("data.page_HW=[400,300]", "data.languages=[en]")
PAGE = """<?xml version="1.0"?><PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">
<Page imageFilename="{name}.png" imageWidth="400" imageHeight="300"><TextRegion id="r"><Coords points="0,0 400,0 400,300"/>
<TextLine id="l"><Coords points="40,70 360,70 360,115 40,115"/><Baseline points="50,100 350,104"/>
<TextEquiv><Unicode>hello</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>"""


def source_of(*overrides, split="train"):
    return SOURCES.get("composed_pages")(
        config("mode=generate", "data=composed_pages", "output=x", *SMALL, *overrides).data, split
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_lines_that_lie_on_ink(layout):
    quiet = ("data.artifacts.clean_probability=1", "data.paper.noise=[0,0]", "data.writing.contrast=[0.9,0.9]")
    source = source_of(f"data.layouts={{{layout}: 1}}", *quiet, "data.paper.tone=[250,250]", "data.paper.shading=[0,0]")
    lines = hits = 0
    for index in range(5):
        page = source.sample(index, np.random.default_rng(index))
        assert page.image.dtype == np.uint8 and page.image.shape == (400, 300)
        for line in page.lines:
            x, y = line.baseline[len(line.baseline) // 2]
            top, left = max(0, int(y - 1.5 * line.x_height)), max(0, int(x - 4 * line.x_height))
            patch = page.image[top : max(top + 1, int(y) + 2), left : int(x + 4 * line.x_height)]
            lines, hits = lines + 1, hits + (patch.size > 0 and patch.min() < page.image.max() - 60)
    assert lines >= 5 and hits / lines > 0.9


def test_the_same_random_numbers_compose_the_same_page():
    source = source_of()
    first, again, other = (source.sample(0, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.image, again.image) and first.text == again.text
    assert not np.array_equal(first.image, other.image)


def test_points_land_where_the_picture_does(rng):
    ranges = SheetRanges(skew_degrees=(-5, 5), curl=(0, 0.01), shrink=(0.85, 0.95), keystone=(0, 0.02))
    for _ in range(10):
        warp = SheetWarp.draw(rng, (400, 300), ranges)
        flat = np.zeros((400, 300), np.float32)
        place = rng.uniform(80, 220, 2).round()
        flat[int(place[1]) - 2 : int(place[1]) + 3, int(place[0]) - 2 : int(place[0]) + 3] = 1.0
        landed = warp.image(flat, 0.0)
        y, x = np.indices(landed.shape)
        seen = np.array([(landed * x).sum(), (landed * y).sum()]) / landed.sum()
        np.testing.assert_allclose(warp.points(place[None])[0], seen, atol=1.0)


def test_pages_of_files(tmp_path):
    for folder in ("train", "test"):
        (tmp_path / folder).mkdir()
        image = np.full((300, 400), 240, np.uint8)
        image[80:100, 60:340:6] = 30
        Image.fromarray(image).save(tmp_path / folder / f"{folder}.png")
        (tmp_path / folder / f"{folder}.xml").write_text(PAGE.format(name=folder), "utf-8")
    cfg = config("mode=check_data", "data=page_files", f"data.root={tmp_path}").data
    source = SOURCES.get("page_files")(cfg, "test")
    page = source.sample(0, np.random.default_rng(0))
    assert len(source) == 1 and page.text == "hello" and len(page.lines) == 1
    np.testing.assert_array_equal(page.lines[0].baseline, [[50, 100], [350, 104]])
    assert page.lines[0].x_height == pytest.approx(20, abs=6)
    (tmp_path / "test" / "test.xml").write_text("<broken", "utf-8")
    with pytest.raises(UserError, match=r"test\.xml"):
        SOURCES.get("page_files")(cfg, "test")


def test_batches_show_pages_and_their_maps():
    cfg = config("task=pages", *SMALL, "trainer.pages.crop_px=128", "trainer.pages.pages=1", "model.page_px=400")
    check(cfg)
    data = PagesData.of(cfg, "train")
    batch = data.batch(3)
    assert batch.inputs.shape == (3, 128, 128, 1) and batch.inputs.dtype == np.uint8
    assert batch.targets.shape == (3, 128, 128) and batch.targets.max() <= int(sum(LayoutInk))
    again = data.batch(3)
    assert np.array_equal(batch.inputs, again.inputs) and np.array_equal(batch.targets, again.targets)
    assert any(data.batch(step).targets.any() for step in range(4))


def test_a_crop_moves_its_lines():
    line = PageLine(np.array([[100.0, 50.0], [200.0, 50.0]]), 10.0, "x").scaled(0.5, 80.0, 40.0)
    np.testing.assert_array_equal(line.baseline, [[10, 5], [60, 5]])
    assert line.x_height == 5.0 and line.text == "x"


def test_sources_without_pages_are_named(printed_lines):
    cfg = config("task=pages", "data=folder", f"data.root={printed_lines}")
    with pytest.raises(UserError, match="no pages with lines"):
        PagesData.of(cfg, "test")
