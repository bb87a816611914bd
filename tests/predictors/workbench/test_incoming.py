"""What comes into a collection: every kind of file, and files that mean harm."""

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from predictors.workbench.documents import incoming
from predictors.workbench.documents.incoming import Import, Limits, natural, page_name
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.lines import lines_of
from predictors.workbench.store.tables import DONE, Collection, Page
from tests.predictors.workbench.drawn import written_page

CASES = Path(__file__).parents[4] / "shared/cases"
PAGE_XML = """<?xml version="1.0"?><PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">
<Page imageFilename="{image}" imageWidth="900" imageHeight="340"><TextRegion id="r"><Coords points="0,0 899,0 899,339 0,339"/>
<TextLine id="a"><Coords points="80,60 600,60 600,140 80,140"/><Baseline points="80,120 600,120"/>
<TextEquiv><Unicode>a text &lt;b&gt;</Unicode></TextEquiv></TextLine>
<TextLine id="b"><Coords points="80,180 600,180 600,260 80,260"/></TextLine></TextRegion></Page></PcGts>"""


@pytest.fixture
def taking(archive: Archive):
    """An import into a new collection."""
    with archive.writing() as session:
        collection = Collection(name="letters")
        session.add(collection)
        session.flush()
    return Import(archive, collection.id, Limits(20 * 2**20, 40, 30))


def take(taking: Import, content: bytes, name: str):
    return taking.take(io.BytesIO(content), name)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def pages_of(archive: Archive) -> list[Page]:
    with archive.reading() as session:
        return list(session.scalars(select(Page).order_by(Page.place)))


def lines_on(archive: Archive, page_id: int):
    with archive.reading() as session:
        return lines_of(session, page_id)


def packed(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return content.getvalue()


def test_an_image_is_a_page_and_is_kept_once(taking, archive, tmp_path):
    image = content_of(written_page(tmp_path / "a.png", "see a moon", "bees hum"))
    assert take(taking, image, "letters/a.png").notes == [] and take(taking, image, "b.png").notes == []
    assert take(taking, image, "b.png").notes == [("b.png", "this collection has it already")]
    first, second = pages_of(archive)
    assert (first.name, first.width, first.height, first.count) == ("letters/a.png", 900, 340, 1)
    assert first.file == second.file and archive.pictures.path(first.file).read_bytes() == image
    assert archive.pictures.shown(first, 240).is_file() and not any(archive.aside("incoming").iterdir())


def test_a_tiff_and_a_pdf_have_pages(taking, archive, tmp_path):
    frames = [Image.fromarray(np.full((80, 60 + 10 * number), 200, np.uint8)) for number in range(3)]
    frames[0].save(tmp_path / "three.tif", save_all=True, append_images=frames[1:])
    canvas = Canvas(str(tmp_path / "two.pdf"), pagesize=(200, 300))
    for text in ("one", "two"):
        canvas.drawString(20, 200, text)
        canvas.showPage()
    canvas.save()
    for name in ("three.tif", "two.pdf"):
        assert take(taking, content_of(tmp_path / name), name).notes == []
    pages = pages_of(archive)
    assert [(page.name, page.number, page.count) for page in pages] == [
        *(("three.tif", number, 3) for number in range(3)),
        *(("two.pdf", number, 2) for number in range(2)),
    ]
    assert [page.width for page in pages[:3]] == [60, 70, 80]
    for page in pages:
        assert archive.pictures.page(page).pixels.shape[:2] == (page.height, page.width)


def test_a_photograph_lies_as_its_description_means_it(taking, archive, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.full((900, 340), 240, np.uint8)).save(tmp_path / "p.jpg", exif=exif)
    take(taking, content_of(tmp_path / "p.jpg"), "p.jpg")
    (page,) = pages_of(archive)
    assert (page.width, page.height) == (900, 340)
    Image.fromarray(np.full((340, 900), 240, np.uint8)).save(tmp_path / "q.jpg", exif=exif)
    take(taking, content_of(tmp_path / "q.jpg"), "q.jpg")
    assert take(taking, PAGE_XML.format(image="q.jpg").encode(), "q.xml").notes == []
    page = pages_of(archive)[1]
    assert (page.width, page.height, page.is_upright) == (900, 340, False)
    assert archive.pictures.grey(page).shape == (340, 900)


def test_a_description_brings_its_lines(taking, archive, tmp_path):
    written_page(tmp_path / "a.png", "see a moon", "bees hum")
    assert "import the picture first" in take(taking, PAGE_XML.format(image="a.png").encode(), "a.xml").notes[0][1]
    take(taking, content_of(tmp_path / "a.png"), "a.png")
    assert take(taking, PAGE_XML.format(image="C:\\scans\\B.tif").encode(), "other.xml").notes  # another name altogether
    assert take(taking, PAGE_XML.format(image="a.jpg").encode(), "a.xml").notes == []  # as in other kinds: the stem counts
    (page,) = pages_of(archive)
    first, second = lines_on(archive, page.id)
    assert page.is_searched and first.text == "a text <b>" and first.is_typed and first.is_drawn
    assert first.baseline == [[80, 120], [600, 120]] and second.text == "" and not second.is_typed
    assert second.baseline[0][1] == pytest.approx(180 + 0.72 * 80)
    refused = take(taking, PAGE_XML.format(image="a.png").encode(), "a.xml")
    assert "worked on" in refused.notes[0][1] and len(lines_on(archive, page.id)) == 2


def test_a_zip_file_is_taken_in_order(taking, archive, tmp_path):
    image = content_of(written_page(tmp_path / "a.png", "see a moon", "bees hum"))
    files = {"b/page_10.png": image, "b/page_2.png": image, "b/page_2.xml": PAGE_XML.format(image="page_2.png").encode()}
    files |= {"__MACOSX/b/._page_2.png": b"x", "b/.hidden.png": b"x", "b/notes.docx": b"x"}
    taken = take(taking, packed(files), "scans.zip")
    assert [page.name for page in pages_of(archive)] == ["b/page_2.png", "b/page_10.png"]
    assert [name for name, _ in taken.notes] == ["b/notes.docx"]
    assert len(lines_on(archive, pages_of(archive)[0].id)) == 2 and not lines_on(archive, pages_of(archive)[1].id)


def test_a_table_of_lines_comes_back(taking, archive, printed_lines, tmp_path):
    shutil.make_archive(str(tmp_path / "lines"), "zip", printed_lines)
    assert take(taking, content_of(tmp_path / "lines.zip"), "lines.zip").notes == []
    pages = pages_of(archive)
    assert len(pages) == 18
    (line,) = lines_on(archive, next(page.id for page in pages if page.name == "images/train_0.png"))
    assert (line.text, line.state, line.is_typed) == ("the cat sat", DONE, True)


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.png", "empty"),
        (b"no picture", "a.png", "not an image"),
        (b"%PDF-1.4 nothing", "a.pdf", "PDF"),
        (b"<a>", "a.xml", "well-formed"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "a.xml", "entities"),
        (b"PK no zip", "a.zip", "cannot be read"),
        (b"image\n", "labels.tsv", "header lacks text"),
        (b"x" * 21 * 2**20, "a.png", "larger than 20 MiB"),
        (b"MZ", "a.exe", "are taken"),
    ],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(taking, archive, content, name, says):
    taken = take(taking, content, name)
    assert len(taken.notes) == 1 and says in taken.notes[0][1] and not taken.pages
    assert not pages_of(archive) and not any(archive.aside("incoming").iterdir())
    assert not [path for path in archive.folder.rglob("*") if path.is_file() and path.parent.parent.name == "images"]


def test_a_truncated_picture_is_refused(taking, archive, tmp_path):
    image = content_of(written_page(tmp_path / "a.png", "see a moon"))
    assert "cannot be read" in take(taking, image[:-2000], "a.png").notes[0][1]
    assert not pages_of(archive) and not list((archive.folder / "images").rglob("*.png"))


def test_bombs_are_not_unpacked(taking, monkeypatch):
    zeros = bytes(15 * 2**20)
    assert "times as large" in take(taking, packed({"a.png": zeros}), "a.zip").notes[0][1]
    assert "larger than 20 MiB" in take(taking, packed({"a.png": zeros, "b.png": zeros}), "a.zip").notes[0][1]
    monkeypatch.setattr(incoming, "MOST_ENTRIES", 3)
    assert "4 files" in take(taking, packed({f"{number}.png": b"" for number in range(4)}), "a.zip").notes[0][1]


def test_a_header_that_promises_too_many_pixels_is_believed(taking, tmp_path):
    Image.new("1", (9000, 9000)).save(tmp_path / "large.png")
    assert "megapixels" in take(taking, content_of(tmp_path / "large.png"), "large.png").notes[0][1]


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/etc/evil.png", "C:\\evil.png", "a/../../../evil.png", "..\\..\\evil.png", "\te.png"]
)
def test_no_name_leads_out_of_the_store(taking, archive, tmp_path, name):
    image = content_of(written_page(tmp_path / "a.png", "see a moon"))
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(archive.folder)}
    assert take(taking, image, name).notes == []
    other = content_of(written_page(tmp_path / "b.png", "bees hum"))
    before |= {tmp_path / "b.png"}
    assert take(taking, packed({name: other}), "a.zip").notes == []
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(archive.folder)} == before
    assert not Path("/etc/evil.png").exists()
    for page in pages_of(archive):
        assert ".." not in page.name and not page.name.startswith("/") and archive.pictures.path(page.file).is_file()


def test_names_of_pages_are_clean_and_sort_by_number():
    assert page_name("a/./b//c.png") == "a/b/c.png" and page_name("") == "page.png" and page_name("<x>:|?*") == "x"
    assert sorted(["p10.png", "p2.png", "P1.png"], key=natural) == ["P1.png", "p2.png", "p10.png"]


def test_a_table_speaks_of_the_pictures_beside_it(taking, archive, tmp_path):
    image = content_of(written_page(tmp_path / "a.png", "see a moon"))
    files = {
        "b/images/1.png": image,
        "a/labels.tsv": b"image\ttext\nimages/1.png\tof a\n",
        "b/labels.tsv": b"image\ttext\nimages/1.png\tof b\n",
    }
    taken = take(taking, packed(files), "two.zip")
    (page,) = pages_of(archive)
    assert [line.text for line in lines_on(archive, page.id)] == ["of b"] and [name for name, _ in taken.notes] == [
        "a/labels.tsv:2"
    ]


def test_a_damaged_entry_costs_no_other(taking, archive, tmp_path):
    first, second = (content_of(written_page(tmp_path / f"{text}.png", text)) for text in ("see a moon", "bees hum"))
    content = bytearray(packed({"a.png": first, "b.png": second}))
    at = content.index(b"a.png") + 5
    content[at : at + 40] = b"\xff" * 40
    taken = take(taking, bytes(content), "damaged.zip")
    assert [page.name for page in pages_of(archive)] == ["b.png"] and [name for name, _ in taken.notes] == ["a.png"]


def test_names_that_no_file_can_have(taking, archive, tmp_path):
    image = content_of(written_page(tmp_path / "a.png", "see a moon"))
    assert take(taking, image, "a." + 300 * "x").notes and take(taking, image, "a.png\0").notes
    assert take(taking, image, "x/" * 3000 + "a.png").notes == []
    assert len(pages_of(archive)[0].name) <= 400


def test_lines_without_a_place_are_counted(taking, tmp_path):
    take(taking, content_of(written_page(tmp_path / "a.png", "see a moon", "bees hum")), "a.png")
    lost = PAGE_XML.format(image="a.png").replace(
        "</TextRegion>", '<TextLine id="c"><TextEquiv><Unicode>x</Unicode></TextEquiv></TextLine></TextRegion>'
    )
    assert take(taking, lost.encode(), "a.xml").notes == [("a.xml", "1 lines say nothing of where they are, and are left out")]


def test_a_collection_that_is_gone_keeps_nothing(taking, archive, tmp_path):
    with archive.writing() as session:
        session.delete(session.get_one(Collection, taking.collection_id))
    taken = take(taking, content_of(written_page(tmp_path / "a.png", "see a moon")), "a.png")
    assert "not there any more" in taken.notes[0][1] and not list((archive.folder / "images").rglob("*.png"))
