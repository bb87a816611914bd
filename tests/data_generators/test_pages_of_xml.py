"""PAGE and ALTO as the tools of the field write them, cut into lines; what is broken is named."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from base.errors import UserError
from data_generators.sources.reading.opening import open_sources
from preprocessing.pages.alto import parse_alto
from preprocessing.pages.layout import BrokenPage
from preprocessing.pages.line_cutting import cut_line
from preprocessing.pages.page_xml import parse_page
from preprocessing.text.transcription import as_written
from tests.conftest import ROOT, config
from tests.data_generators.test_sources import open_source, texts
from utils.files.images import read_grey
from utils.files.page_images import find_image, read_described

# ruff: noqa: E501  # XML as the tools write it

PAGE_2013 = """<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15">
 <Metadata><Creator>Transkribus</Creator></Metadata>
 <Page imageFilename="p1.png" imageWidth="400" imageHeight="300">
  <ReadingOrder><OrderedGroup id="ro"><RegionRefIndexed index="1" regionRef="r1"/><RegionRefIndexed index="0" regionRef="r2"/></OrderedGroup></ReadingOrder>
  <TextRegion id="r1" custom="readingOrder {index:1;}"><Coords points="10,100 390,100 390,290 10,290"/>
   <TextLine id="l2" custom="readingOrder {index:1;}"><Coords points="20,200 380,200 380,240 20,240"/><Baseline points="20,230 380,230"/>
    <TextEquiv><Unicode>second [unleserlich]</Unicode></TextEquiv></TextLine>
   <TextLine id="l1" custom="readingOrder {index:0;} abbrev {offset:0; length:2; expansion:Monsieur;} unclear {offset:3; length:4;}">
    <Coords points="20,110 380,110 380,150 20,150"/><Baseline points="20,140 200,142 380,140"/>
    <TextEquiv index="1"><Unicode>worse</Unicode></TextEquiv><TextEquiv index="0"><Unicode>Mr  Bl&#233;ry</Unicode></TextEquiv></TextLine>
  </TextRegion>
  <TextRegion id="r2"><Coords points="10,10 390,10 390,60 10,60"/>
   <TextLine id="l0"><Coords points="20,20 380,20 380,60 20,60"/><TextEquiv><Unicode>¬ first</Unicode></TextEquiv></TextLine>
  </TextRegion>
 </Page>
</PcGts>"""

ALTO_2 = """<alto xmlns="http://www.loc.gov/standards/alto/ns-v2#"><Description><MeasurementUnit>mm10</MeasurementUnit></Description>
<Layout><Page WIDTH="800" HEIGHT="600"><PrintSpace><TextBlock ID="b">
<TextLine ID="a" HPOS="40" VPOS="40" WIDTH="720" HEIGHT="80" BASELINE="100"><String CONTENT="Deux"/><SP/><String CONTENT="mots"/><HYP CONTENT="-"/></TextLine>
<TextLine ID="b" HPOS="40" VPOS="140" WIDTH="720" HEIGHT="80"><String CONTENT="sans"/><String CONTENT="SP"/></TextLine>
</TextBlock></PrintSpace></Page></Layout></alto>"""


def write_page(folder: Path, xml: str = PAGE_2013, size=(400, 300)) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "p1.xml").write_text(xml, encoding="utf-8")
    page = np.full((size[1], size[0]), 220, np.uint8)
    for row in (40, 130, 220):
        page[row * size[1] // 300 : (row + 4) * size[1] // 300, size[0] // 10 : size[0] * 9 // 10] = 20
    Image.fromarray(page).save(folder / "p1.png")


def test_page_reading_order_and_texts():
    layout = parse_page(PAGE_2013.encode())
    assert [line.identity for line in layout.lines] == ["l0", "l1", "l2"]
    assert layout.lines[1].text == "Mr  Bléry"
    assert [(mark.kind, mark.expansion) for mark in layout.lines[1].marks] == [("abbrev", "Monsieur"), ("unclear", "")]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("as_written", ["¬ first", "Mr Bléry", "second [unleserlich]"]),
        ("without_markup", ["- first", "Mr Bléry"]),
        ("expanded", ["- first", "Monsieur Bléry"]),
        ("certain", ["- first"]),
    ],
)
def test_editorial_rules(tmp_path, rule, expected):
    write_page(tmp_path / "train")
    source = open_source("page_xml", tmp_path, f"data.transcription={rule}")
    assert texts(source) == expected
    assert len(source.left_out) == 3 - len(expected)
    assert all(left.reason and "p1.xml:" in left.where for left in source.left_out)


def test_transkribus_keeps_images_in_the_folder_above(tmp_path):
    write_page(tmp_path / "train" / "page")
    (tmp_path / "train/page/p1.png").rename(tmp_path / "train/p1.png")
    assert len(open_source("page_xml", tmp_path)) == 3


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("p1.png", "p1.png"),
        ("/home/somebody/scans/p1.png", "p1.png"),
        ("C:\\scans\\p1.png", "p1.png"),
        ("p1.tif", "p1.png"),
        ("SCAN.TIF", "scan.PNG"),
        ("../jpg/other.png", "../jpg/other.png"),
        ("other.tif", "../images/other.png"),
        ("", "p1.png"),
        ("gone.png", "P1.Png"),
        ("../../secret.png", "p1.png"),
        ("../" * 90 + "secret.png", "p1.png"),
    ],
)
def test_an_image_is_found_by_its_name_or_its_stem(tmp_path, name, place):
    folder = tmp_path / "book/xml"
    write_page(folder, PAGE_2013.replace("p1.png", name))
    (folder / "p1.png").rename(tmp_path / "page.png")
    write_page(tmp_path / "elsewhere")
    shutil.copy(tmp_path / "elsewhere/p1.png", tmp_path / "secret.png")
    (folder / place).parent.mkdir(exist_ok=True)
    shutil.copy(tmp_path / "page.png", folder / place)
    found = find_image(folder / "p1.xml", name)
    assert found.resolve() == (folder / place).resolve()
    source = open_source("page_xml", tmp_path / "book", "data.minimum_line_px=8")
    assert len(source) == 3 and {path.resolve() for path in source.images.values()} == {found.resolve()}


def test_the_image_may_lie_as_the_camera_wrote_it(tmp_path):
    """EXIF turns it, and the description means the pixels as they are: so tools describe it that know no EXIF."""
    write_page(tmp_path)
    upright = np.asarray(Image.open(tmp_path / "p1.png"))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(upright).save(tmp_path / "p1.png", exif=exif)
    assert read_grey(tmp_path / "p1.png").shape == (400, 300)
    source = open_source("page_xml", tmp_path)
    assert all(360 <= source.sample(index, np.random.default_rng(0)).image.shape[1] < 365 for index in range(3))
    Image.fromarray(np.rot90(upright)).save(tmp_path / "p1.png", exif=exif)  # and where it is meant upright, it is turned
    np.testing.assert_array_equal(read_described(tmp_path / "p1.png", (400, 300)), upright)


def test_a_line_that_is_described_wrongly_costs_the_others_nothing(tmp_path):
    write_page(tmp_path, PAGE_2013.replace("20,140 200,142 380,140", "20,140 NaN,142"))
    with pytest.raises(UserError, match=r"p1\.xml:\d+ \(l1\): line \d+: '20,140 NaN,142' is not a list of points"):
        open_source("page_xml", tmp_path)
    source = open_source("page_xml", tmp_path, "data.on_problem=skip")
    assert texts(source) == ["¬ first", "second [unleserlich]"]
    assert "(l1)" in source.left_out[0].where


@pytest.mark.parametrize("page", ["<Page>", '<Page WIDTH="" HEIGHT="">'])
def test_a_page_of_no_size_is_as_large_as_its_print_space(page):
    sized = ALTO_2.replace('<Page WIDTH="800" HEIGHT="600"><PrintSpace>', f'{page}<PrintSpace WIDTH="800" HEIGHT="600">')
    assert parse_alto(sized.encode()).size == (800, 600)
    unsized = ALTO_2.replace('<Page WIDTH="800" HEIGHT="600">', page)
    with pytest.raises(BrokenPage, match="it counts in mm10, and neither Page nor PrintSpace"):
        parse_alto(unsized.encode())
    assert parse_alto(unsized.replace("mm10", "pixel").encode()).size == (0, 0)


@pytest.mark.parametrize(
    ("strings", "text"),
    [
        ('<String CONTENT="a"/><SP/><String CONTENT="b"/><String CONTENT="c"/>', "a b c"),
        ('<String CONTENT="a"/><String CONTENT=""/><String CONTENT="b"/>', "a b"),
        ('<String CONTENT="Deux"/><SP/><String CONTENT="mo"/><HYP CONTENT="\u00ad"/>', "Deux mo-"),
        ('<String CONTENT="mo"/><HYP/>', "mo-"),
        ('<String CONTENT="well-"/><String CONTENT="known"/>', "well- known"),
        ("<SP/>", ""),
    ],
)
def test_strings_are_words(strings, text):
    line = f'<TextLine ID="a" HPOS="40" VPOS="40" WIDTH="720" HEIGHT="80">{strings}</TextLine>'
    page = f'<Page><PrintSpace WIDTH="800" HEIGHT="600"><TextBlock>{line}</TextBlock></PrintSpace></Page>'
    (read,) = parse_alto(f"<alto><Layout>{page}</Layout></alto>".encode()).lines
    assert read.text == text


def test_soft_hyphens_are_hyphens_where_they_are_seen():
    assert as_written("mor\u00adning eve\u00ad") == "morning eve-"


def test_alto_2_counts_in_its_own_unit(tmp_path):
    write_page(tmp_path / "train", ALTO_2)
    layout = parse_alto(ALTO_2.encode())
    assert [line.text for line in layout.lines] == ["Deux mots-", "sans SP"]
    source = open_source("alto", tmp_path)
    image = source.sample(0, np.random.default_rng(0)).image
    assert abs(image.shape[0] - 40) <= 2 and abs(image.shape[1] - 360) <= 2  # half of 720x80: the image is 400 wide, the page 800
    assert abs(source.size(0, np.random.default_rng(0))[1] - 360) <= 2


def test_a_tilted_line_comes_out_level():
    page = np.full((300, 500), 230, np.uint8)
    slope = np.tan(np.radians(8))
    baseline = np.array([(40.0, 200.0), (460.0, 200.0 - 420 * slope)])
    for x in range(40, 461):
        y = round(200 - (x - 40) * slope)
        page[y - 12 : y, x] = 20
    outline = np.concatenate([baseline - np.array([0, 20]), baseline[::-1] + np.array([0, 8])])
    line = cut_line(page, outline, baseline)
    rows = np.flatnonzero((line < 100).mean(axis=1) > 0.5)
    assert 10 <= len(rows) <= 13 and np.ptp(rows) + 1 == len(rows)
    assert line.shape[1] == pytest.approx(420 / np.cos(np.radians(8)), abs=8)


def test_outside_of_the_outline_is_paper():
    page = np.full((100, 200), 240, np.uint8)
    cv2.line(page, (0, 20), (199, 20), 0, 5)
    outline = np.array([(10.0, 40.0), (190.0, 40.0), (190.0, 80.0), (100.0, 10.0), (10.0, 80.0)])
    line = cut_line(page, outline, None)
    assert line[0, 0] == 240 and line.min() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda xml: xml[:700], r"p1\.xml: line \d+, column \d+: it is not well-formed XML"),
        (lambda xml: xml.replace("p1.png", "p9.png").replace("PcGts", "PcGtz"), r"p1\.xml: line 1: it is not PAGE"),
        (
            lambda xml: xml.replace("20,20 380,20 380,60 20,60", "9020,20 9380,20 9380,60 9020,60"),
            r"p1\.xml:\d+ \(l0\): its outline lies outside",
        ),
        (lambda xml: xml.replace("20,20 380,20", "20;20 380"), r"line \d+: .* is not a list of points"),
        (lambda xml: xml.replace('imageWidth="400"', 'imageWidth="four"'), "imageWidth, not 'four'"),
        (lambda xml: xml.replace('imageWidth="400"', 'imageWidth="900"'), "they are not the same page"),
        (lambda xml: xml.replace("20,140 200,142 380,140", "20,140 9000000,142"), r"\(l1\): its baseline lies outside"),
        (lambda xml: xml.replace("20,140 200,142", "20,nan 200,142"), "is not a list of points"),
        (
            lambda xml: xml.replace("<PcGts", '<!DOCTYPE PcGts SYSTEM "page.dtd"><PcGts', 1).replace("worse", "caf&eacute;"),
            "entities that nothing explains",
        ),
    ],
)
def test_broken_pages_are_named(tmp_path, change, words):
    write_page(tmp_path / "train", change(PAGE_2013))
    with pytest.raises(UserError, match=words):
        open_source("page_xml", tmp_path)


def test_other_xml_of_an_export_is_passed_over(tmp_path):
    write_page(tmp_path / "train")
    (tmp_path / "train/metadata.xml").write_text("<trpDocMetadata/>")
    source = open_source("page_xml", tmp_path)
    assert len(source) == 3 and "it is not PAGE XML" in source.left_out[0].reason


def test_two_pages_in_one_alto_file():
    page = ALTO_2[ALTO_2.index("<Page") : ALTO_2.index("</Layout>")]
    with pytest.raises(BrokenPage, match="it holds 2 pages"):
        parse_alto(ALTO_2.replace(page, page + page).encode())


def test_texts_in_pieces():
    assert (
        parse_page(PAGE_2013.replace("worse", "x").replace("¬ first", "caf<?x y?>é <b>n</b>oir").encode()).lines[0].text
        == "café noir"
    )


def test_a_missing_image_is_named(tmp_path):
    write_page(tmp_path / "train")
    (tmp_path / "train/p1.png").unlink()
    with pytest.raises(UserError, match=r"p1\.xml: there is no image p1\.png beside it"):
        open_source("page_xml", tmp_path)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;">]>',
    ],
)
def test_entities_are_off(head):
    xml = PAGE_2013.replace('<?xml version="1.0" encoding="UTF-8"?>', head).replace("worse", "&e;")
    with pytest.raises(BrokenPage, match="DOCTYPE"):
        parse_page(xml.encode())


def test_nothing_is_fetched(monkeypatch):
    import socket

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    xml = PAGE_2013.replace(
        "<PcGts",
        '<?xml-stylesheet href="http://example.invalid/a.xsl"?><!DOCTYPE PcGts SYSTEM "http://example.invalid/a.dtd"><PcGts',
        1,
    )
    assert len(parse_page(xml.encode()).lines) == 3


@pytest.mark.skipif(not (ROOT.parent / "shared/data/copiste_pages").is_dir(), reason="the shared data are not here")
def test_real_pages():
    root = ROOT.parent / "shared/data/copiste_pages"
    sources = open_sources(config("mode=check_data", "data=alto", f"data.root={root}").data, ["train", "test"])
    assert {split: len(source) for split, source in sources.items()} == {"train": 264, "test": 264}
    sample = sources["test"].sample(1, np.random.default_rng(0))
    assert sample.text == "Le Mauvoisin est un cours d'eau français"
    assert sample.image.shape[1] > 10 * sample.image.shape[0]
