"""Whole pages: found, read, and written in every format."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from lxml import etree
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from base.errors import PartialFailure, UserError
from base.page import ReadLine, ReadPage, ReadWord
from base.registry import PAGE_FORMATS
from predictors import load
from predictors.modes.predict import predict
from predictors.page_formats.alto import alto_tree
from predictors.page_formats.page import page_tree
from predictors.page_formats.pdf import bind, pdf_of
from predictors.page_formats.pdf import write as write_pdf
from predictors.reading.described_page import DescribedPage
from preprocessing.pages.alto import parse_alto
from preprocessing.pages.page_xml import parse_page
from tests.conftest import config, draw_line
from trainers.modes.evaluate import evaluate
from utils.configuration.check import check
from utils.files.images import Page, open_pages

TEXTS = ("all balls see a moon", "the cat sat on a hill", "bees hum, book keeper")


def page_of(texts=TEXTS, size=40):
    page = np.full((160 + 110 * len(texts), 900), 245, np.uint8)
    for number, text in enumerate(texts):
        line = draw_line(text, size)
        page[70 + 110 * number : 70 + 110 * number + line.shape[0], 90 : 90 + line.shape[1]] = line
    return page


def save(path: Path, pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def predictor():
    return load("pages")


@pytest.fixture(scope="module")
def answer(predictor):
    (answer,) = predictor.predict([page_of()])
    return answer


@pytest.fixture
def read() -> ReadPage:
    """A page with two blocks and letters that formats must escape."""

    def line(number, left, top, text):
        outline = np.array([[left, top], [left + 300, top + 4], [left + 300, top + 44], [left, top + 40]], float)
        words = [
            ReadWord(word, 0.9, outline[:1] + np.array([[40 * k, 0], [40 * k + 36, 0], [40 * k + 36, 30], [40 * k, 30]]))
            for k, word in enumerate(text.split())
        ]
        baseline = np.array([[left, top + 30], [left + 300, top + 33]], float)
        return ReadLine(f"line_{number}", baseline, outline, 14.0, text, 0.8, 0.9, words, [])

    blocks = [[line(1, 30, 20, "<Fräulein> & 한글"), line(2, 30, 70, "l'été \x07 fini")], [line(3, 400, 20, "rechts")]]
    return ReadPage("a & b.png", np.full((200, 800), 240, np.uint8), 200.0, blocks)


def predicted(*overrides):
    cfg = config("mode=predict", "task=pages", "tracking=none", "output=out", *overrides)
    check(cfg)
    predict(cfg)


def answers():
    return [json.loads(line) for line in Path("out/predictions.jsonl").read_text("utf-8").splitlines()]


def test_lines_are_found_in_order_and_read(answer):
    lines = answer.values["lines"]
    assert len(lines) == len(TEXTS)
    heights = [np.mean(line["baseline"], axis=0)[1] for line in lines]
    assert heights == sorted(heights)
    for line, expected in zip(lines, (118, 228, 338), strict=True):
        assert np.mean(line["baseline"], axis=0)[1] == pytest.approx(expected, abs=9)
    assert len(answer.values["text"].split("\n")) == 3
    for line in lines:
        for _, confidence, outline in line["words"]:
            assert 0 <= confidence <= 1 and len(outline) == 4


@pytest.mark.parametrize("turned", ["light on dark", "16 bit", "colour", "skewed"])
def test_pages_of_any_kind(predictor, turned):
    page = page_of()
    if turned == "light on dark":
        page = 255 - page
    elif turned == "16 bit":
        page = page.astype(np.uint16) * 257
    elif turned == "colour":
        page = np.dstack([page, page, np.minimum(page, 200)])
    else:
        height, width = page.shape
        page = cv2.warpAffine(page, cv2.getRotationMatrix2D((width / 2, height / 2), 6, 1), (width, height), borderValue=245)
    (answer,) = predictor.predict([page])
    assert len(answer.values["lines"]) == len(TEXTS)


def test_long_and_short_lines_of_a_skewed_page_stay_in_order(predictor):
    texts = ("the cat sat on a hill, all balls", "bees", "see a moon, book keeper", "hum", "on a hill the cat sat on a hill")
    page = page_of(texts, size=36)
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -8, 0.8)
    (answer,) = predictor.predict([cv2.warpAffine(page, matrix, (width, height), borderValue=245)])
    back = cv2.invertAffineTransform(matrix)
    heights = [np.mean(np.array(line["baseline"]) @ back[:, :2].T + back[:, 2], axis=0)[1] for line in answer.values["lines"]]
    assert len(heights) == len(texts) and heights == sorted(heights)
    assert len({line["block"] for line in answer.values["lines"]}) == 1


def test_a_blank_page_and_a_picture_of_something_else(predictor):
    y, x = np.indices((600, 500)).astype(float)
    animal = (128 + 60 * np.sin(x / 40) * np.cos(y / 55) + 30 * np.sin((x + y) / 90)).astype(np.uint8)  # smooth, like fur
    blank, other, tiny = predictor.predict([np.full((600, 500), 250, np.uint8), animal, np.zeros((20, 20), np.uint8)])
    for answer in (blank, other):
        assert answer.values["lines"] == [] and answer.values["text"] == ""
        assert answer.values["note"] == "no lines of writing were found" and answer.values["confidence"] == 1.0
    assert "too small for a page" in tiny.error


def test_page_xml_says_what_was_read(read):
    layout = parse_page(etree.tostring(page_tree(read)))
    assert layout.size == read.size_WH and layout.image == read.image
    assert [line.text for line in layout.lines] == ["<Fräulein> & 한글", "l'été \ufffd fini", "rechts"]
    for line, other in zip(read.lines, layout.lines, strict=True):
        np.testing.assert_array_equal(other.baseline, line.baseline)
        np.testing.assert_array_equal(other.polygon, line.outline)


def test_alto_says_what_was_read(read):
    layout = parse_alto(etree.tostring(alto_tree(read)))
    assert layout.size == read.size_WH and layout.image == read.image
    assert [line.text for line in layout.lines] == ["<Fräulein> & 한글", "l'été \ufffd fini", "rechts"]
    for line, other in zip(read.lines, layout.lines, strict=True):
        np.testing.assert_array_equal(other.baseline, line.baseline)
        np.testing.assert_array_equal(other.polygon, line.outline)


def test_page_documents_are_valid(read):
    """By the schema of PAGE 2019-07-15 as the package ocrd 3.13.3 carries it; of ALTO's no package is known."""
    validator = etree.XMLSchema(etree.parse(str(Path(__file__).parent / "page.xsd")))
    for page in (read, ReadPage("blank.png", read.pixels, None, [])):
        document = etree.fromstring(etree.tostring(page_tree(page)))
        assert validator.validate(document), validator.error_log


def test_a_pdf_can_be_searched(read):
    document = pypdfium2.PdfDocument(pdf_of(read))
    assert len(document) == 1
    page = document[0]
    width, height = page.get_size()
    assert width == pytest.approx(800 / 200 * 72, abs=1) and height == pytest.approx(200 / 200 * 72, abs=1)
    text = page.get_textpage()
    whole = text.get_text_range()
    for word in ("<Fräulein>", "l'été", "fini", "rechts"):
        assert word in whole
    place = text.search("rechts").get_next()
    left, bottom, *_ = text.get_charbox(place[0])
    assert left == pytest.approx(400 * 72 / 200, abs=4) and height - bottom == pytest.approx(50 * 72 / 200, abs=8)
    shown = page.render(scale=1).to_numpy()
    assert shown.min() > 200  # the text is not seen


@pytest.mark.parametrize("name", ["book.tif", "book.pdf"])
def test_what_is_written_of_a_page_of_several_is_read_back_from_its_own_picture(workplace, name):
    first, second = (Image.fromarray(page_of((text,))) for text in TEXTS[:2])
    first.save(workplace / name, save_all=True, append_images=[second])
    predicted(f"input={name}", "formats=[page,alto]")
    for suffix in ("page", "alto"):
        for number in (1, 2):
            described = DescribedPage.open(workplace / f"out/book_p000{number}.{suffix}.xml")
            assert described.image.name == f"book_p000{number}.png"
            page = next(open_pages(workplace / name, number - 1)) if name.endswith("tif") else None
            if page is not None:
                np.testing.assert_array_equal(described.pixels, page.pixels)
            (line,) = described.layout.lines
            picture = described.picture(line)
            (again,) = load("lines").predict([picture])
            assert len(set(again.text.split()) & set(TEXTS[number - 1].split())) >= 2


@pytest.mark.parametrize(("dpi", "inches"), [(1, 11.69), (0, 11.69), (72_000, 11.69), (300, 900 / 300)])
def test_a_resolution_that_no_page_has_is_not_believed(predictor, dpi, inches):
    read = predictor.read_page(Page(page_of(), "L", {"dpi": (dpi, dpi)}))
    page = pypdfium2.PdfDocument(pdf_of(read))[0]
    assert max(page.get_size()) == pytest.approx(72 * inches, abs=1)


def test_nothing_of_a_line_lies_beyond_its_page(predictor):
    page = page_of()
    read = predictor.read_page(Page(page[:, 90:640], "L", {}))  # cut through the first letters and the last
    assert read.lines
    for line in read.lines:
        for points in (line.baseline, line.outline, *(word.outline for word in line.words)):
            assert (points >= 0).all() and (points <= np.array(read.size_WH) - 1).all()


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_text_is_laid_onto_the_pages_of_a_pdf(read, tmp_path, turned):
    """They stay as they are, and the text lies where its words are seen, whatever way the page is turned."""
    source, part = tmp_path / "own.pdf", tmp_path / "out.pdf"
    canvas = Canvas(str(source), pagesize=(288, 72) if turned in (0, 180) else (72, 288))  # 800 x 200 px of 200 dpi
    for _ in range(2):
        canvas.drawString(20, 30, "vector")
        canvas.showPage()
    canvas.save()
    with pikepdf.open(source, allow_overwriting_input=True) as book:
        for page in book.pages:
            page.rotate(turned, relative=False)
        book.save()
    before = pypdfium2.PdfDocument(source)[0].render(scale=2).to_numpy()
    write_pdf(replace(read, source=source), tmp_path / "out")
    bind(source, [part, None], part)
    document = pypdfium2.PdfDocument(part)
    assert len(document) == 2
    assert np.abs(document[0].render(scale=2).to_numpy().astype(int) - before).max() <= 2
    whole = document[0].get_textpage().get_text_range()
    assert "vector" in whole and "rechts" in whole
    assert "rechts" not in document[1].get_textpage().get_text_range()
    with pikepdf.open(part) as book:
        assert not any("/Image" in str(image.get("/Subtype")) for image in book.objects if isinstance(image, pikepdf.Stream))
    words = document[0].get_textpage()
    left, bottom, *_ = words.get_charbox(words.search("rechts").get_next()[0])
    x, y = 400 * 72 / 200, (200 - 50) * 72 / 200  # of the page as it is seen, from its lower left
    seen = {0: (x, y), 90: (72 - y, x), 180: (288 - x, 72 - y), 270: (y, 288 - x)}[turned]
    assert (left, bottom) == pytest.approx(seen, abs=14)


def test_a_folder_of_scans_photographs_and_broken_files(workplace):
    save(workplace / "scans/a.png", page_of())
    (workplace / "scans/broken.jpg").write_bytes(b"\xff\xd8 broken")
    (workplace / "scans/a.xml").write_text("<PcGts broken", "utf-8")  # beside an image that is read all the same
    first, second = (Image.fromarray(page_of((text,))) for text in TEXTS[:2])
    first.save(workplace / "scans/two.tif", save_all=True, append_images=[second])
    first.save(workplace / "scans/three.pdf", save_all=True, append_images=[second, second])
    with pytest.raises(PartialFailure, match="1 of 4"):
        predicted("input=scans", "formats=[txt,page,alto,pdf,overlay]")
    found = answers()
    assert [(a["image"], a.get("page")) for a in found] == [
        ("a.png", None),
        ("broken.jpg", None),
        *(("three.pdf", page) for page in (1, 2, 3)),
        *(("two.tif", page) for page in (1, 2)),
    ]
    assert "error" in found[1]
    for answer in found:
        for name in answer.get("files", []):
            assert (workplace / "out" / name).stat().st_size > 0
    written = {path.name for path in (workplace / "out").iterdir()}
    assert {"a.txt", "three_p0003.page.xml", "two_p0002.alto.xml"} <= written
    assert {name for name in written if name.endswith(".pdf")} == {"a.pdf", "two.pdf", "three.pdf"}
    assert [len(pypdfium2.PdfDocument(workplace / f"out/{name}.pdf")) for name in ("a", "two", "three")] == [1, 2, 3]
    assert (workplace / "out/a.txt").read_text("utf-8").strip() == found[0]["text"]
    assert (workplace / "out/predictions_sheet.png").is_file()
    before = (workplace / "out/predictions.jsonl").read_bytes()
    with pytest.raises(PartialFailure):
        predicted("input=scans", "formats=[txt,page,alto,pdf,overlay]", "resume=true")
    assert (workplace / "out/predictions.jsonl").read_bytes() == before


def test_a_page_is_saved_as_its_name_says(predictor, tmp_path):
    answer = predictor.predict(page_of())
    for name in ("x.page.xml", "x.alto.xml", "x.pdf", "x.txt", "x.overlay.png"):
        (path,) = answer.save(tmp_path / name).values()
        assert path == tmp_path / name and path.stat().st_size
    assert (tmp_path / "x.txt").read_text("utf-8") == answer.text + "\n"
    assert len(list(tmp_path.iterdir())) == 5


def test_lines_alone_can_be_found(workplace):
    save(workplace / "a.png", page_of())
    predicted("input=a.png", "reader=null", "formats=[page]")
    (answer,) = answers()
    assert len(answer["lines"]) == 3 and answer["text"].strip() == ""
    assert answer["files"] == ["a.page.xml"]


def test_pages_are_measured(workplace, capsys):
    folder = workplace / "pages/test"
    save(folder / "a.png", page_of())
    lines = "".join(
        f'<TextLine id="l{k}"><Coords points="85,{65 + 110 * k} 700,{65 + 110 * k} 700,{120 + 110 * k} 85,{120 + 110 * k}"/>'
        f'<Baseline points="95,{118 + 110 * k} 640,{118 + 110 * k}"/><TextEquiv><Unicode>{text}</Unicode></TextEquiv></TextLine>'
        for k, text in enumerate(TEXTS)
    )
    name = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
    region = f'<TextRegion id="r"><Coords points="0,0 900,0 900,490"/>{lines}</TextRegion>'
    page = f'<PcGts xmlns="{name}"><Page imageFilename="a.png" imageWidth="900" imageHeight="490">{region}</Page></PcGts>'
    (folder / "a.xml").write_text(page, "utf-8")
    cfg = config("mode=evaluate", "task=pages", "data=page_files", "data.root=pages", "tracking=none")
    assert evaluate(cfg) == 1.0
    printed = capsys.readouterr().out
    for words in ("projection profiles", "true baselines", "where the time of a page goes"):
        assert words in printed


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["formats=[txtt]"], ["unknown page format", "did you mean txt"]),
        (["reader=/nowhere"], ["reader=/nowhere", "null"]),
        (["eraser=/nowhere"], ["eraser=/nowhere"]),
        (["erase=sometimes"], ["erase", "auto"]),
        (["remove=[rule]"], ["did you mean rules"]),
        (["threshold=0"], ["threshold=0"]),
        (["input=nothing.png"], ["no such file"]),
    ],
)
def test_mistakes_are_named(workplace, overrides, words):
    with pytest.raises(UserError) as caught:
        predicted("input=a.png", *overrides)
    for word in words:
        assert word in str(caught.value)


def test_every_format_can_be_listed():
    assert set(PAGE_FORMATS.names()) == {"txt", "page", "alto", "pdf", "overlay"}
