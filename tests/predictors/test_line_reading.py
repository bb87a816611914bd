"""Reading: files, pages, photos, confidences, and what cannot be read."""

import json
import shutil

import numpy as np
import pytest
from lxml import etree
from PIL import Image

from base.bundle import Bundle, bundle_folder
from base.decoder import Reading
from base.errors import PartialFailure, UserError
from predictors import load
from predictors.modes.predict import predict
from predictors.reading.confidence import FrameScale, Span, judge, mean_confidence, word_spans
from predictors.reading.files import picture_of
from preprocessing.pages.alto import parse_alto
from preprocessing.pages.page_xml import parse_page
from tests.conftest import TEXTS, TINY_LINES, config, draw_line, killed
from utils.configuration.command_line import quote_paths
from utils.runs.mlflow_model import take_language_along


@pytest.fixture(scope="module")
def reader(reader_run):
    return load("lines", str(reader_run[0] / "bundle"))


def read(reader, *images):
    return [answer.values["text"] for answer in reader.predict(list(images))]


@pytest.fixture
def run(reader_run):
    def run_with(*arguments):
        quoted = quote_paths([*arguments, f"weights={reader_run[0] / 'bundle'}"])
        predict(config("mode=predict", *TINY_LINES, "tracking=none", *quoted))

    return run_with


def answers_in(folder):
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text("utf-8").splitlines()]


def test_lines_are_read_in_their_order_whatever_their_widths(reader):
    lines = [draw_line(text) for text in TEXTS]
    assert read(reader, *lines) == TEXTS
    assert read(reader, *lines[::-1]) == TEXTS[::-1]


def test_an_answer_says_where_and_how_surely(reader):
    line = draw_line(TEXTS[0])
    (answer,) = reader.predict([line])
    assert 0.5 < answer.values["confidence"] <= 1.0
    words = answer.values["words"]
    assert [word[0] for word in words] == TEXTS[0].split()
    edges = [edge for word in words for edge in word[2:]]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= line.shape[1]
    assert "".join(character[0] for character in answer.values["characters"]) == TEXTS[0]
    inked = np.flatnonzero((line < 100).any(axis=0))
    assert abs(edges[0] - inked[0]) < 30


def test_a_line_is_as_sure_as_its_words(reader):
    answer = reader.predict(draw_line(TEXTS[0]))
    assert answer.confidence == pytest.approx(np.mean([word[1] for word in answer.values["words"]]), abs=1e-3)
    middling = [Span(text, confidence, 0, 1) for text, confidence in (("a", 0.9), (" ", 1.0), ("b", 0.8), ("c", 0.5))]
    assert mean_confidence(word_spans(middling)) == pytest.approx((0.9 + 0.4) / 2)
    assert mean_confidence([]) == 0.0


def a_sheet(rows):
    """A sheet of letter paper with printed lines far apart."""
    sheet = np.full((1100, 850), 245, np.uint8)
    for row, text in zip(rows, TEXTS * 3, strict=False):
        line = draw_line(text, size=30)
        sheet[row : row + line.shape[0], 80 : 80 + line.shape[1]] = np.minimum(line, 245)
    return sheet


@pytest.mark.parametrize("rows", [(60, 900), (60, 120, 180, 240), tuple(range(40, 1000, 60))])
def test_a_whole_page_is_no_line(reader, rows):
    answer = reader.predict(a_sheet(rows))
    assert answer.error is not None and "task=pages" in answer.error


def test_a_blank_sheet_is_said_to_be_blank_and_ink_that_is_no_text_is_never_sure(reader):
    blank = reader.predict(a_sheet(()))
    assert (blank.text, blank.values["note"]) == ("", "blank")
    unread = judge([Reading("", 0.0, frames=np.zeros((0, 2), int))], np.zeros((9, 4)), tuple("abc"), 1.0, FrameScale(4.0, 36.0))
    assert unread.confidence == 0.0 and "task=pages" in unread.note


def test_one_tall_word_is_a_line(reader):
    word = draw_line("book", size=300, margin=60)
    underlined = word.copy()
    underlined[-40:-30] = 0
    for picture in (word, underlined):
        assert picture.shape[0] > 240
        assert reader.predict(picture).error is None


def test_a_larger_picture_reads_the_same_with_places_in_its_own_pixels(reader):
    small, large = draw_line(TEXTS[0]), draw_line(TEXTS[0], size=84, margin=30)
    answers = reader.predict([small, large])
    assert answers[1].values["text"] == TEXTS[0]
    assert answers[1].values["words"][-1][2] == pytest.approx(3 * answers[0].values["words"][-1][2], rel=0.15)


def test_photos_of_any_kind(reader, tmp_path):
    line = draw_line(TEXTS[1])
    height, width = line.shape
    light = np.linspace(0.65, 1.0, width)[None, :] * np.linspace(1.0, 0.8, height)[:, None]
    uneven = (line * light).astype(np.uint8)
    transparent = np.zeros((height, width, 4), np.uint8)
    transparent[..., 3] = np.where(line < 128, 255, 0)
    colour = np.stack([line, np.minimum(line.astype(int) + 40, 255), line], axis=2).astype(np.uint8)
    turned = Image.fromarray(np.rot90(line))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    pictures = [uneven, transparent, colour, 255 - line, tmp_path / "turned.jpg", (tmp_path / "turned.jpg").read_bytes()]
    assert read(reader, *pictures) == [TEXTS[1]] * len(pictures)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((64, 0), np.uint8), "is no picture"),
        (np.zeros((1, 1), np.uint8), "1x1 px: too small"),
        (np.full((32, 40_000), 255, np.uint8), "too wide for one line"),
        (np.zeros((64, 400), np.uint8), "the image is black"),
        (b"no image", "not an image"),
        (b"", "empty"),
    ],
)
def test_what_cannot_be_a_line_says_why_and_stops_nothing(reader, image, reason):
    good = draw_line(TEXTS[2])
    bad, fine = reader.predict([image, good])
    assert reason in bad.error
    assert fine.values["text"] == TEXTS[2]


def test_lines_above_the_threshold_are_not_marked(reader_run):
    (answer,) = load("lines", str(reader_run[0] / "bundle"), reject_below=0.01).predict([draw_line(TEXTS[0])])
    assert answer.values["check"] is False


@pytest.mark.parametrize("tone", [60, 128, 255])
def test_blank_pictures_say_nothing(reader, tone):
    assert read(reader, np.full((40, 300), tone, np.uint8)) == [""]


def test_a_folder_is_answered_by_the_contract(run, workplace):
    folder = workplace / "my lines"
    (folder / "deep").mkdir(parents=True)
    for name, text in (("b.png", TEXTS[0]), ("a.jpg", TEXTS[1]), ("deep/c.png", TEXTS[2])):
        Image.fromarray(draw_line(text)).save(folder / name, quality=95)
    pages = [Image.fromarray(draw_line(text)) for text in TEXTS[3:5]]
    pages[0].save(folder / "book.tif", save_all=True, append_images=pages[1:])
    (folder / "broken.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(PartialFailure, match="1 of 5"):
        run(f"input={folder}", "output=out", "reject_below=0.999999")
    answers = answers_in(workplace / "out")
    assert [answer["image"] for answer in answers] == ["a.jpg", "b.png", "book.tif", "book.tif", "broken.png", "deep/c.png"]
    assert [answer.get("text") for answer in answers] == [TEXTS[1], TEXTS[0], *TEXTS[3:5], None, TEXTS[2]]
    assert [answer.get("page") for answer in answers] == [None, None, 1, 2, None, None]
    read_ones = [answer for answer in answers if "error" not in answer]
    assert [answer["check"] for answer in read_ones] == [answer["confidence"] < 0.999999 for answer in read_ones]
    assert (workplace / "out/predictions_sheet.png").is_file()


def test_a_stopped_prediction_goes_on(run, workplace):
    folder = workplace / "lines"
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        Image.fromarray(draw_line(text)).save(folder / f"{number}.png")
    run(f"input={folder}", "output=out")
    whole = (workplace / "out/predictions.jsonl").read_text("utf-8")
    (workplace / "out/predictions.jsonl").write_text("".join(whole.splitlines(keepends=True)[:3]), "utf-8")
    killed(workplace / "out", '[{"ima')
    run(f"input={folder}", "output=out", "resume=true")
    assert (workplace / "out/predictions.jsonl").read_text("utf-8") == whole


def test_the_command_line_needs_no_data_to_predict(reader_run, workplace):
    """`mode=predict task=lines` as it is typed, with all checks."""
    from main import dispatch

    Image.fromarray(draw_line(TEXTS[0])).save(workplace / "line.png")
    wanted = ["mode=predict", "task=lines", "input=line.png", f"weights={reader_run[0] / 'bundle'}"]
    dispatch(config(*wanted, "output=out"))
    assert answers_in(workplace / "out")[0]["text"] == TEXTS[0]


PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><!-- a note that must stay -->
<Page imageFilename="page.png" imageWidth="{width}" imageHeight="{height}"><TextRegion id="r"><Coords points="0,0 {width},0 9,9"/>
{lines}
<TextEquiv><Unicode>old text of the region</Unicode></TextEquiv></TextRegion></Page></PcGts>
"""
LINE = """<TextLine id="l{number}"><Coords points="0,{top} {right},{top} {right},{bottom} 0,{bottom}"/>
<Word id="w{number}"><Coords points="0,0 1,1 2,2"/><TextEquiv><Unicode>old</Unicode></TextEquiv></Word>
<TextEquiv conf="0.1"><Unicode>old</Unicode></TextEquiv></TextLine>"""
ALTO = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><sourceImageInformation><fileName>page.png</fileName>
</sourceImageInformation></Description><Layout><Page ID="p" WIDTH="{width}" HEIGHT="{height}"><PrintSpace><TextBlock ID="b">
{lines}
</TextBlock></PrintSpace></Page></Layout></alto>
"""
ALTO_LINE = (
    """<TextLine ID="l{number}" HPOS="0" VPOS="{top}" WIDTH="{right}" HEIGHT="{height}"><String CONTENT="old"/></TextLine>"""
)


@pytest.fixture
def page(workplace):
    """A page of printed lines; returns a function that writes its description."""
    folder = workplace / "pages"
    folder.mkdir()
    lines = [draw_line(text) for text in TEXTS[:3]]
    height, width = lines[0].shape[0], max(line.shape[1] for line in lines)
    pixels = np.full((3 * height, width), 240, np.uint8)
    for number, line in enumerate(lines):
        pixels[number * height : (number + 1) * height, : line.shape[1]] = line
    Image.fromarray(pixels).save(folder / "page.png")

    def describe(whole, single):
        described = "".join(
            single.format(number=n, top=n * height, right=line.shape[1] - 1, bottom=(n + 1) * height - 1, height=height - 1)
            for n, line in enumerate(lines)
        )
        (folder / "page.xml").write_text(whole.format(width=width, height=3 * height, lines=described), "utf-8")
        return folder

    return describe


def test_page_xml_gets_its_text_back(run, page, workplace):
    run(f"input={page(PAGE, LINE)}", "output=out")
    answers = answers_in(workplace / "out")
    assert [answer["text"] for answer in answers] == TEXTS[:3]
    assert [(answer["image"], answer["page"], answer["line_id"]) for answer in answers][1] == ("page.xml", "page.png", "l1")
    content = (workplace / "out/page.xml").read_bytes()
    assert [line.text for line in parse_page(content).lines] == TEXTS[:3]
    assert b"a note that must stay" in content
    assert b"old" not in content
    confidences = [float(value) for value in etree.fromstring(content).xpath("//*[local-name()='TextEquiv']/@conf")]
    assert confidences == [answer["confidence"] for answer in answers]


def test_alto_gets_its_text_back(run, page, workplace):
    run(f"input={page(ALTO, ALTO_LINE)}", "output=out")
    content = (workplace / "out/page.xml").read_bytes()
    assert [line.text for line in parse_alto(content).lines] == TEXTS[:3]
    strings = etree.fromstring(content).xpath("//*[local-name()='String']")
    assert all(0 < float(string.get("WC")) <= 1 for string in strings)
    assert [string.get("CONTENT") for string in strings] == " ".join(TEXTS[:3]).split()


def test_a_stopped_prediction_of_pages_goes_on(run, page, workplace):
    folder = page(PAGE, LINE)
    run(f"input={folder}", "output=out")
    whole = (workplace / "out/predictions.jsonl").read_text("utf-8")
    killed(workplace / "out")
    run(f"input={folder}", "output=out", "resume=true")
    assert (workplace / "out/predictions.jsonl").read_text("utf-8") == whole


@pytest.mark.parametrize("identity", ["", "same"])
def test_lines_are_known_by_their_place_where_ids_are_missing_or_stand_twice(run, page, workplace, identity):
    folder = page(PAGE, LINE.replace("l{number}", identity))
    run(f"input={folder}", "output=out")
    whole = answers_in(workplace / "out")
    assert [(answer["line"], answer["line_id"], answer["text"]) for answer in whole] == [
        (number, identity, text) for number, text in enumerate(TEXTS[:3], start=1)
    ]
    pictures = [picture_of(folder / "page.xml", answer) for answer in whole]
    assert len({picture.tobytes() for picture in pictures}) == 3
    run(f"input={folder}", "output=out", "resume=true")
    assert answers_in(workplace / "out") == whole


def test_images_and_other_xml_beside_pages(run, page, workplace):
    folder = page(PAGE, LINE)
    (folder / "mets.xml").write_text("<mets/>", encoding="utf-8")
    Image.fromarray(draw_line(TEXTS[4])).save(folder / "single.png")
    run(f"input={folder}", "output=out")
    assert [answer["text"] for answer in answers_in(workplace / "out")] == [*TEXTS[:3], TEXTS[4]]


def test_lines_without_names_on_one_line_of_the_file(run, page, workplace):
    folder = page(ALTO, ALTO_LINE.replace(' ID="l{number}"', "").replace("\n", ""))
    content = (folder / "page.xml").read_text("utf-8").replace("\n", "")
    (folder / "page.xml").write_text(content.replace("?>", "?>\n", 1), encoding="utf-8")
    run(f"input={folder}", "output=out")
    assert [line.text for line in parse_alto((workplace / "out/page.xml").read_bytes()).lines] == TEXTS[:3]


def test_marks_of_the_old_text_go_with_it(run, page, workplace):
    custom = ' custom="readingOrder {{index:{number};}} abbrev {{offset:0; length:2; expansion:Monsieur;}}"'
    run(f"input={page(PAGE, LINE.replace('<TextLine', '<TextLine' + custom))}", "output=out")
    lines = parse_page((workplace / "out/page.xml").read_bytes()).lines
    assert [line.marks for line in lines] == [(), (), ()]
    assert [line.text for line in lines] == TEXTS[:3]


def test_a_page_without_its_image_says_so(run, page, workplace):
    folder = page(PAGE, LINE)
    (folder / "page.png").unlink()
    with pytest.raises(PartialFailure):
        run(f"input={folder}", "output=out")
    assert "there is no image page.png" in answers_in(workplace / "out")[0]["error"]


def test_spelling_is_corrected_if_asked_for(reader_run, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("word,count\ncalls,9\nbalcony,3\n", encoding="utf-8")
    bundle = str(reader_run[0] / "bundle")
    (answer,) = load("lines", bundle, spelling={"words": str(words)}).predict([draw_line("all balls")])
    assert answer.values["text"] == "all calls"
    assert [word[0] for word in answer.values["words"]] == ["all", "calls"]
    assert answer.values["words"][1][1] < 0.5  # the network saw no c there


def test_a_bundle_of_another_task_is_refused(tiny_bundle):
    with pytest.raises(UserError, match="is a bundle for task=eraser, not for task=lines"):
        load("lines", str(tiny_bundle.folder))


def arpa(path, letters):
    rows = "\n".join(f"-1.5\t{letter}" for letter in letters)
    path.write_text(f"\\data\\\nngram 1={len(letters)}\n\n\\1-grams:\n{rows}\n\n\\end\\\n", encoding="utf-8")
    return path


def test_a_language_model_of_another_charset_is_refused(reader_run, tmp_path):
    model = arpa(tmp_path / "greek.arpa", "αβγδεζηθικλμν")
    decoder = {"name": "character_ngram", "model": str(model)}
    with pytest.raises(UserError, match="of another charset than the reader"):
        load("lines", str(reader_run[0] / "bundle"), decoder=decoder)


def test_a_bundle_that_leaves_takes_its_language_along(tmp_path, monkeypatch):
    folder = tmp_path / "bundle"
    shutil.copytree(bundle_folder("pretrained", "lines"), folder)
    take_language_along(folder)
    monkeypatch.setattr("utils.language.shipped.FOLDER", tmp_path / "nothing")
    decoder = Bundle.load(folder).facts["decoder"]
    assert decoder["name"] == "character_ngram" and (folder / decoder["model"]).is_file()
    picture = draw_line("the house on the hill", size=34)
    alone = load("lines", str(folder)).predict([picture])[0].values
    monkeypatch.undo()
    assert alone == load("lines").predict([picture])[0].values


def test_a_decoder_that_is_misspelled_is_refused(reader_run):
    bundle = str(reader_run[0] / "bundle")
    for decoder, message in (
        ({"width": 5}, "needs a name"),
        ({"name": "baem"}, "did you mean beam"),
        ({"name": "beam", "widht": 5}, "width"),
    ):
        with pytest.raises(UserError, match=message):
            load("lines", bundle, decoder=decoder)


def test_alternatives_come_with_their_share(reader_run, tmp_path):
    model = arpa(tmp_path / "latin.arpa", "▁" + "".join(sorted(set("".join(TEXTS)) - {" "})))
    decoder = {"name": "character_ngram", "model": str(model), "alternatives": 3, "weight": 0.1, "bonus": 0.2}
    (answer,) = load("lines", str(reader_run[0] / "bundle"), decoder=decoder).predict([draw_line(TEXTS[3])])
    assert answer.values["text"] == TEXTS[3]
    assert len(answer.values["alternatives"]) == 3
    shares = [share for _, share in answer.values["alternatives"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.0
