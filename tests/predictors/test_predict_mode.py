"""mode=predict: the command contract."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from base.bundle import Bundle
from base.errors import PartialFailure, UserError
from models.export import can_export
from predictors import load
from predictors.modes.answer_log import read_lines
from predictors.modes.export import export
from predictors.modes.inputs import find_inputs, named
from predictors.modes.predict import predict
from tests.conftest import TINY, config, killed
from utils.configuration.command_line import quote_paths


@pytest.fixture
def scans(workplace, ruled_line):
    folder = workplace / "my scans, größe=1"
    (folder / "deep").mkdir(parents=True)
    for name in ("b.png", "a.png", "deep/c.jpg"):
        Image.fromarray(ruled_line).save(folder / name)
    return folder


@pytest.fixture
def run(tiny_bundle):
    def run_with(*arguments):
        quoted = quote_paths([*arguments, f"weights={tiny_bundle.folder}"])
        predict(config("mode=predict", *TINY, "tracking=none", *quoted))

    return run_with


def answers_in(folder):
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text("utf-8").splitlines()]


def test_a_folder_is_answered_in_order_with_its_folders_kept(run, scans, workplace):
    run(f"input={scans}", "output=out")
    answers = answers_in(workplace / "out")
    assert [answer["image"] for answer in answers] == ["a.png", "b.png", "deep/c.jpg"]
    assert [answer["cleaned"] for answer in answers] == ["a.png", "b.png", "deep/c.png"]
    for answer in answers:
        assert (workplace / "out" / answer["cleaned"]).is_file()
        assert (workplace / "out" / answer["mask"]).is_file()
        assert 0 <= answer["artifact_fraction"] <= 1
    assert not list((workplace / "out").glob(".*"))


def test_one_broken_file_stops_nothing(run, scans, workplace):
    (scans / "broken.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(PartialFailure, match="1 of 4"):
        run(f"input={scans}", "output=out")
    answers = answers_in(workplace / "out")
    assert [("error" in answer) for answer in answers] == [False, False, True, False]


def test_an_existing_output_is_not_touched_unless_told(run, scans, workplace):
    run(f"input={scans}", "output=out")
    before = (workplace / "out/predictions.jsonl").stat().st_mtime_ns
    with pytest.raises(UserError, match="overwrite=true or resume=true"):
        run(f"input={scans}", "output=out")
    assert (workplace / "out/predictions.jsonl").stat().st_mtime_ns == before
    run(f"input={scans}", "output=out", "overwrite=true")


def test_resume_keeps_what_is_done_and_tries_failures_again(run, scans, workplace, ruled_line):
    (scans / "later.png").touch()
    with pytest.raises(PartialFailure):
        run(f"input={scans}", "output=out")
    done = (workplace / "out/a.png").stat().st_mtime_ns
    Image.fromarray(ruled_line).save(scans / "later.png")
    killed(workplace / "out", '[{"image": "cut o')
    run(f"input={scans}", "output=out", "resume=true")
    assert [("error" in answer) for answer in answers_in(workplace / "out")] == [False] * 4
    assert (workplace / "out/a.png").stat().st_mtime_ns == done


def test_colliding_names_keep_their_suffix():
    names = ["a.png", "A.jpg", "b.png", "c.png", "c.mask.png", "d.png.png", "d.png", "e_p0001.png", "predictions_sheet.png"]
    outputs = {file.image: file.name for file in named({name: Path(name) for name in names})}
    assert outputs["b.png"] == "b"
    assert outputs["a.png"] == "a.png"
    written = [f"{stem}{ending}".casefold() for stem in outputs.values() for ending in (".png", ".mask.png")]
    assert len(set(written)) == len(written)
    assert "predictions_sheet.png" not in written


def test_no_scan_is_ever_overwritten(run, scans, workplace):
    before = {path: path.read_bytes() for path in scans.rglob("*") if path.is_file()}
    for wanted, output in (
        (scans, scans),
        (scans, scans / "deep" / "out"),
        (scans / "a.png", scans),
        (f"{scans}/*.png", workplace),
    ):
        with pytest.raises(UserError, match=r"overlaps|other files"):
            run(f"input={wanted}", f"output={output}")
        with pytest.raises(UserError, match="overlaps"):
            run(f"input={wanted}", f"output={output}", "overwrite=true")
    for wanted, output, words in (("", "out", "input= is empty"), (scans, "", "working directory")):
        with pytest.raises(UserError, match=words):
            run(f"input={wanted}", f"output={output}")
    assert {path: path.read_bytes() for path in scans.rglob("*") if path.is_file()} == before


def test_pages_before_a_broken_one_are_kept(run, workplace, ruled_line):
    page = Image.fromarray(ruled_line)
    page.save("book.tif", save_all=True, append_images=[page, page])
    content = Path("book.tif").read_bytes()
    Path("book.tif").write_bytes(content[: int(len(content) * 0.6)])
    with pytest.raises(PartialFailure):
        run("input=book.tif", "output=out")
    answers = answers_in(workplace / "out")
    assert "error" in answers[-1]
    assert all((workplace / "out" / answer["cleaned"]).is_file() for answer in answers[:-1])


def test_names_that_are_odd_stop_nothing(run, workplace, ruled_line):
    (workplace / "in").mkdir()
    for name in ("line\u2028break.png", "a${b}.png", "no\udcffunicode.png", "quote's.png"):
        Image.fromarray(ruled_line).save(workplace / "in" / name)
    run("input=in", "output=out")
    run("input=in", "output=out", "resume=true")
    assert len((workplace / "out/predictions.jsonl").read_text("utf-8").strip().split("\n")) == 4


def test_globs_labels_and_single_files(scans, workplace):
    assert [file.image for file in find_inputs(f"{scans}/*.png")] == ["a.png", "b.png"]
    assert [file.image for file in find_inputs(f"{scans}/**/*.jpg")] == ["c.jpg"]
    assert [file.image for file in find_inputs(str(scans / "b.png"))] == ["b.png"]
    (scans / "labels.tsv").write_text("image\ttext\tgroup\tsplit\nb.png\tx\tg\ttest\na.png\ty\tg\ttest\n")
    assert [file.image for file in find_inputs(str(scans / "labels.tsv"))] == ["b.png", "a.png"]


def test_an_image_is_left_to_its_own_description_alone(workplace, ruled_line):
    """The description of another folder's image of the same name does not hide it."""
    page = '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page imageFilename="{}"/></PcGts>'
    for folder in ("one", "two", "three/images"):
        (workplace / "in" / folder).mkdir(parents=True)
        Image.fromarray(ruled_line).save(workplace / "in" / folder / "p1.png")
    (workplace / "in/one/p1.xml").write_text(page.format("p1.png"))
    (workplace / "in/three/p1.xml").write_text(page.format("scans/p1.png"))  # found in images/
    Image.fromarray(ruled_line).save(workplace / "in/one/you & me.png")
    (workplace / "in/one/p2.xml").write_text(page.format("you &amp; me.png"))
    found = [file.image for file in find_inputs("in", pages=True)]
    assert found == ["one/p1.xml", "one/p2.xml", "three/p1.xml", "two/p1.png"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("nowhere.png", "no such file"),
        ("empty", "holds no images"),
        ("*.xyz", "no file matches"),
        ("bad.tsv", "header lacks image"),
        ("out.tsv", "lies outside"),
    ],
)
def test_inputs_that_are_none_are_named(workplace, wanted, words):
    (workplace / "empty").mkdir()
    (workplace / "bad.tsv").write_text("file\nx.png\n")
    (workplace / "out.tsv").write_text("image\n../x.png\n")
    with pytest.raises(UserError, match=words):
        find_inputs(wanted)


def test_a_file_cannot_be_the_output_folder(run, scans, workplace):
    (workplace / "taken").touch()
    with pytest.raises(UserError, match="is a file"):
        run(f"input={scans}", "output=taken")


def test_half_a_line_is_left_out(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"image": "a"}\n{"ima')
    assert list(read_lines(path)) == [{"image": "a"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"image\ttext\n\xe9.png\tx\n", "not UTF-8"),
        (b"image\ttext\na.png\n", r"labels.tsv:2: .*fewer than 2"),
        (b"image\n", "lists no images"),
    ],
)
def test_broken_label_files_are_named(workplace, content, words):
    (workplace / "labels.tsv").write_bytes(content)
    with pytest.raises(UserError, match=words):
        find_inputs("labels.tsv")


def test_a_label_file_from_a_spreadsheet_is_read(workplace, ruled_line):
    (workplace / "labels.tsv").write_bytes(b"\xef\xbb\xbfimage\ttext\r\na.png\tx\r\na.png\tx\r\n")
    assert [file.image for file in find_inputs("labels.tsv")] == ["a.png"]


def test_engines_agree(tiny_bundle, ruled_line, tiny):
    from models.export import can_export
    from predictors.engines.loading import predictor_for

    if not can_export():
        pytest.skip("only the TensorFlow backend exports to ONNX")
    cleaned = []
    for engine in ("onnx", "keras"):
        predictor, used = predictor_for(tiny_bundle, tiny(), engine)
        assert used == engine
        cleaned.append(predictor.clean(np.tile(ruled_line, (2, 2))).image)
    assert (cleaned[0] != cleaned[1]).mean() < 0.001


def test_python_gets_a_predictor_by_task(tiny_bundle, ruled_line, workplace):
    Image.fromarray(ruled_line).save("line.png")
    eraser = load("eraser", str(tiny_bundle.folder), threshold=0.4)
    assert eraser.cfg.threshold == 0.4
    first, second = eraser.predict(["line.png", ruled_line])
    np.testing.assert_array_equal(first.pictures["cleaned"], second.pictures["cleaned"])
    with pytest.raises(UserError, match="did you mean threshold"):
        load("eraser", str(tiny_bundle.folder), treshold=0.4)
    with pytest.raises(UserError, match="is not a bundle"):
        load("eraser", "nowhere")


def test_a_bundle_without_its_export_gets_it_back(tiny_bundle, workplace, capsys):
    if not can_export():
        pytest.skip("only the TensorFlow backend exports to ONNX")
    bundle = shutil.copytree(tiny_bundle.folder, workplace / "bundle")
    Bundle.load(bundle).compact()
    assert Bundle.load(bundle).onnx_path is None
    export(config("mode=export", *TINY, "tracking=none", f"weights={bundle}"))
    assert Bundle.load(bundle).onnx_path is not None
    assert "model.onnx" in capsys.readouterr().out


def test_an_answer_from_python_says_and_saves_what_it_is(tiny_bundle, ruled_line, tmp_path):
    eraser = load("eraser", str(tiny_bundle.folder))
    answer = eraser.predict(ruled_line)
    assert {path.name for path in answer.save(tmp_path / "a").values()} == {"a.png", "a.mask.png"}
    assert answer.text == "" and answer.confidence is None and answer.error is None
    unread = eraser.predict(b"no image")
    assert "not an image" in unread.error
    for ask in (
        lambda: unread.text,
        lambda: unread.save(tmp_path / "b"),
        lambda: eraser.predict([b"no image"], raise_errors=True),
    ):
        with pytest.raises(UserError, match="not an image"):
            ask()
    assert not (tmp_path / "b.png").exists()
    with pytest.raises(UserError, match=r"there are: decoder, remove, runtime, text_threshold, threshold\)"):
        load("eraser", str(tiny_bundle.folder), competitors=[])


def test_names_that_look_like_endings_cost_no_format(workplace):
    page = Image.fromarray(np.full((300, 200), 240, np.uint8))
    for name in ("letter.pdf.png", "notes.txt.jpg", "x.alto.png"):
        page.save(workplace / name)
    page.save(workplace / "broken.tif", save_all=True, append_images=[page])
    (workplace / "sealed.pdf").write_bytes(b"%PDF-1.7 sealed")
    (workplace / "broken.tif").write_bytes((workplace / "broken.tif").read_bytes()[:60])
    with pytest.raises(PartialFailure, match="2 of 5"):
        predict(config("mode=predict", "task=pages", "input=.", "output=../out", "formats=[txt,pdf]", "tracking=none"))
    written = {path.name for path in (workplace.parent / "out").iterdir()}
    assert {"letter.pdf.txt", "letter.pdf.pdf", "notes.txt.txt", "notes.txt.pdf", "x.alto.txt", "x.alto.pdf"} <= written
    assert not {name for name in written if name.startswith(("broken", "sealed"))}


def test_a_name_that_is_no_unicode_is_written_down_all_the_same(run, workplace, ruled_line):
    (workplace / "in").mkdir()
    Image.fromarray(ruled_line).save(workplace / "in/a.png")
    (workplace / "in/a.png").rename(workplace / "in" / os.fsdecode(b"\xff.png"))
    run("input=in", "output=out")
    assert (workplace / "out/predictions.tsv").read_text("utf-8").splitlines()[1].startswith("\\udcff.png")
