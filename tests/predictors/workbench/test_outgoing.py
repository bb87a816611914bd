"""What goes out of a collection, and comes in again."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from predictors.workbench.documents.incoming import Import, Limits
from predictors.workbench.documents.outgoing import Export, held_out
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.lines import lines_of
from predictors.workbench.store.tables import DONE, OPEN, UNREADABLE, Collection, Line, Page
from tests.conftest import config
from tests.predictors.workbench.drawn import written_page

TEXTS = [["Ein Brief <b>", "mit & ohne Ünzen"], ["nur eine Zeile"], ["é", "zwei"]]


@pytest.fixture
def pages(archive: Archive, tmp_path: Path) -> list[int]:
    """Three pages, two of one TIFF, with lines that are done, and some that are not."""
    with archive.writing() as session:
        collection = Collection(name="letters")
        session.add(collection)
        session.flush()
    taking = Import(archive, collection.id, Limits(20 * 2**20, 40, 30))
    from PIL import Image

    frames = [Image.open(written_page(tmp_path / f"{number}.png", "see a moon", "bees hum")) for number in range(2)]
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:])
    for name in ("two.tif", "0.png"):
        taking.take(io.BytesIO((tmp_path / name).read_bytes()), name)
    with archive.writing() as session:
        found = list(session.scalars(select(Page).order_by(Page.place)))
        for page, texts in zip(found, TEXTS, strict=True):
            for number, text in enumerate(texts):
                top = 60.0 + 120 * number
                outline = [[80, top], [600, top], [600, top + 80], [80, top + 80]]
                place = {"page_id": page.id, "place": number, "baseline": [[80, top + 60], [600, top + 60]], "outline": outline}
                session.add(Line(**place, x_height=28.0, text=text, state=DONE, is_typed=True))
        session.add(
            Line(
                page_id=found[1].id,
                place=5,
                baseline=[[80, 300], [200, 300]],
                outline=[[80, 270], [200, 270], [140, 310]],
                text="x",
                state=UNREADABLE,
            )
        )
        return [page.id for page in found]


def names_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as packed:
        return packed.namelist()


@pytest.mark.parametrize("kind", ["page", "alto"])
def test_xml_comes_back_with_the_same_lines(archive, pages, kind):
    path = Export(archive, pages).write(kind, with_pictures=True)
    assert {Path(name).suffix for name in names_in(path)} == {".xml", ".png"} and len(names_in(path)) == 6
    with archive.writing() as session:
        other = Collection(name="again")
        session.add(other)
        session.flush()
    taken = Import(archive, other.id, Limits(20 * 2**20, 40, 30)).take(io.BytesIO(path.read_bytes()), "again.zip")
    assert taken.notes == []
    with archive.reading() as session:
        again = list(session.scalars(select(Page).where(Page.collection_id == other.id)))
        texts = {page.name: [line.text for line in lines_of(session, page.id)] for page in again}
        assert texts == {"two_p0001.png": TEXTS[0], "two_p0002.png": [*TEXTS[1], ""], "0.png": TEXTS[2]}
        line = lines_of(session, next(page.id for page in again if page.name == "0.png"))[0]
        assert line.baseline == [[80, 120], [600, 120]] and np.ptp(np.array(line.outline), axis=0).tolist() == [520, 80]
    path.unlink()


def test_text_and_table(archive, pages):
    with zipfile.ZipFile(Export(archive, pages).write("txt", with_pictures=False)) as packed:
        assert packed.read("two_p0001.txt").decode() == "\n".join(TEXTS[0]) + "\n"
    table = Export(archive, pages).write("tsv", with_pictures=False).read_text("utf-8").splitlines()
    assert table[0].split("\t")[:4] == ["page", "number", "line", "text"] and len(table) == 7
    assert table[1].split("\t")[:5] == ["two.tif", "1", "1", TEXTS[0][0], DONE]


def test_one_pdf_of_all_pages_can_be_searched(archive, pages):
    document = pypdfium2.PdfDocument(Export(archive, pages).write("pdf", with_pictures=False))
    assert len(document) == 3 and "mit" in document[0].get_textpage().get_text_range()


def test_lines_to_train_on_are_read_as_data(archive, pages, tmp_path):
    counts = Export(archive, pages).write_training(tmp_path / "lines")
    assert counts == {"train": 4, "val": 1}
    from base.registry import SOURCES

    cfg = config("task=lines", "data=folder", f"data.root={tmp_path / 'lines'}").data
    parts = {split: SOURCES.get("folder")(cfg, split) for split in ("train", "val")}
    assert [len(part) for part in parts.values()] == [4, 1]
    sample = parts["val"].sample(0, np.random.default_rng(0))
    assert sample.text == "nur eine Zeile" and sample.image.shape[0] == pytest.approx(82, abs=3)
    assert set(names_in(Export(archive, pages).write("training", with_pictures=False))) >= {"labels.tsv"}


def test_names_that_collide_get_numbers(archive, pages, tmp_path):
    with archive.writing() as session:
        session.get_one(Page, pages[2]).name = "two_p0001.png"
    assert sorted(names_in(Export(archive, pages).write("txt", with_pictures=False))) == [
        "two_p0001.txt",
        "two_p0001_2.txt",
        "two_p0002.txt",
    ]


@given(counts=st.lists(st.integers(1, 30), min_size=1, max_size=12))
def test_a_fifth_is_held_out_by_whole_pages(counts):
    lines, number = [], 0
    for page, count in enumerate(counts):
        for _ in range(count):
            number += 1
            lines.append(Line(id=number, page_id=page, text="x", state=OPEN))
    held = held_out(lines)
    if len(lines) < 2:
        assert held == set()
        return
    assert 0 < len(held) < len(lines)
    if len(counts) > 1:
        of_page = {page: {line.id for line in lines if line.page_id == page} for page in range(len(counts))}
        assert all(own <= held or not own & held for own in of_page.values())
        assert len(held) - min(len(own) for own in of_page.values()) < max(1, round(0.2 * len(lines))) + 30
