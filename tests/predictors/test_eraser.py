"""Any image in, a clean image of the same kind out."""

import io
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from base.errors import UserError
from base.predictor import FileToRead
from predictors.eraser import EraserPredictor
from predictors.reading.files import answer_files
from preprocessing.polarity import is_light_on_dark
from utils.files.images import TURNED, Page, UnreadableImage, as_grey, open_pages, write_page

STRIDE = 8


def see_rules(batch: np.ndarray) -> np.ndarray:
    """A network that takes pixels of 80..160 for rules and darker ones for text."""
    grey = batch[..., 0].astype(np.float32)
    logits = np.full((*grey.shape, 6), -8.0, np.float32)
    logits[..., 0] = np.where((grey > 80) & (grey < 160), 8.0, -8.0)
    logits[..., 4] = np.where(grey <= 80, 8.0, -8.0)
    return logits


@pytest.fixture
def predictor():
    return EraserPredictor(
        see_rules, {"stride": STRIDE}, SimpleNamespace(remove=["rules", "stains"], threshold=0.5, text_threshold=0.5)
    )


def kinds_of(grey):
    """The same picture in every kind of pixels that a file can have."""
    alpha = np.full_like(grey, 255)
    return {
        "grey": grey,
        "rgb": np.dstack([grey] * 3),
        "rgba": np.dstack([grey, grey, grey, alpha]),
        "grey and alpha": np.dstack([grey, alpha]),
        "16 bit": grey.astype(np.uint16) * 257,
    }


@pytest.mark.parametrize("kind", kinds_of(np.zeros((1, 1), np.uint8)))
def test_the_rule_goes_and_the_strokes_stay(predictor, ruled_line, kind):
    image = kinds_of(ruled_line)[kind]
    cleaned = predictor.clean(image)
    assert cleaned.image.shape == image.shape
    assert cleaned.image.dtype == image.dtype
    grey = as_grey(cleaned.image)
    assert grey[45:47][:, :18].min() > 215
    assert (grey[ruled_line == 30] == 30).all()
    assert cleaned.erased[45:47, :18].all()
    assert not cleaned.erased[:40].any()


def test_an_image_without_artifacts_comes_back_equal(predictor, rng):
    for image in (
        rng.integers(165, 256, (70, 90, 3), dtype=np.uint8),
        np.zeros((1, 1), np.uint8),
        np.full((5, 3000), 200, np.uint8),
    ):
        cleaned = predictor.clean(image)
        np.testing.assert_array_equal(cleaned.image, image)
        assert not cleaned.erased.any()


def test_light_ink_on_dark_is_turned_over_and_back(predictor, ruled_line):
    assert is_light_on_dark(255 - ruled_line)
    assert not is_light_on_dark(ruled_line)
    cleaned = predictor.clean(255 - ruled_line)
    np.testing.assert_array_equal(cleaned.image, 255 - predictor.clean(ruled_line).image)


def test_large_images_are_cleaned_as_small_ones_are(predictor, ruled_line):
    page = np.tile(ruled_line, (20, 9))
    cleaned = predictor.clean(page)
    np.testing.assert_array_equal(cleaned.erased, np.tile(predictor.clean(ruled_line).erased, (20, 9)))


def test_only_chosen_families_are_erased(ruled_line):
    keeps = EraserPredictor(see_rules, {"stride": STRIDE}, SimpleNamespace(remove=["marks"], threshold=0.5, text_threshold=0.5))
    np.testing.assert_array_equal(keeps.clean(ruled_line).image, ruled_line)


def test_foreign_text_stays_on_pages():
    logits = np.full(6, -8.0, np.float32)
    logits[3] = 8.0
    everything_foreign = EraserPredictor(lambda batch: np.broadcast_to(logits, (*batch.shape[:3], 6)), {"stride": STRIDE},
                                         SimpleNamespace(remove=["foreign"], threshold=0.5, text_threshold=0.5))  # fmt: skip
    assert everything_foreign.clean(np.full((64, 128), 200, np.uint8)).erased.all()
    assert not everything_foreign.clean(np.full((1200, 128), 200, np.uint8)).erased.any()


def test_arrays_paths_and_bytes_are_taken_in_order(predictor, ruled_line, tmp_path):
    path = tmp_path / "line.png"
    Image.fromarray(ruled_line).save(path)
    (tmp_path / "broken.png").write_bytes(path.read_bytes()[:200])
    (tmp_path / "empty.png").touch()
    (tmp_path / "letter.jpg").write_text("Dear Sir")
    answers = predictor.predict(
        [ruled_line, path, tmp_path / "broken.png", path.read_bytes(), tmp_path / "empty.png", tmp_path / "letter.jpg", str(path),
         Image.open(path), np.zeros((9, 9)), np.zeros((9, 9, 0), np.uint8)]
    )  # fmt: skip
    assert [answer.error is None for answer in answers] == [True, True, False, True, False, False, True, True, False, False]
    for same in (6, 7):
        np.testing.assert_array_equal(answers[0].pictures["cleaned"], answers[same].pictures["cleaned"])
    assert "float64 (9, 9) is no picture" in answers[8].error
    np.testing.assert_array_equal(answers[0].pictures["cleaned"], answers[1].pictures["cleaned"])
    np.testing.assert_array_equal(answers[0].pictures["cleaned"], answers[3].pictures["cleaned"])
    assert answers[0].values["artifact_fraction"] > 0
    assert "truncated" in answers[2].error
    assert answers[4].error == "the file is empty"
    assert "not an image" in answers[5].error


def test_a_file_keeps_size_mode_and_resolution(predictor, ruled_line, tmp_path):
    pictures = {
        "grey.png": Image.fromarray(ruled_line),
        "bilevel.png": Image.fromarray(ruled_line).convert("1"),
        "colour.jpg": Image.fromarray(ruled_line).convert("RGB"),
        "clear.png": Image.fromarray(np.dstack([ruled_line] * 3 + [np.full_like(ruled_line, 128)])),
        "deep.png": Image.fromarray(ruled_line.astype(np.uint16) * 257),
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / name, dpi=(300, 300))
        (answers,) = next(answer_files(predictor, [[FileToRead(tmp_path / name, name, name)]], tmp_path / "out"))
        written = Image.open(tmp_path / "out" / answers[0].values["cleaned"])
        assert written.size == picture.size
        assert written.mode == ("I;16" if name == "deep.png" else picture.mode)
        assert round(written.info["dpi"][0]) == 300
        mask = Image.open(tmp_path / "out" / answers[0].values["mask"])
        assert mask.mode == "L"
        assert set(np.unique(np.asarray(mask))) <= {0, 255}


def test_every_page_of_a_tiff_is_cleaned(predictor, ruled_line, tmp_path):
    page = Image.fromarray(ruled_line)
    page.save(tmp_path / "book.tif", save_all=True, append_images=[page.rotate(180), page])
    (answers,) = next(answer_files(predictor, [[FileToRead(tmp_path / "book.tif", "book.tif", "book")]], tmp_path))
    assert [answer.values["cleaned"] for answer in answers] == ["book_p0001.png", "book_p0002.png", "book_p0003.png"]


def test_exif_rotation_is_obeyed(ruled_line, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(ruled_line).save(tmp_path / "turned.png", exif=exif)
    assert next(open_pages(tmp_path / "turned.png")).pixels.shape == ruled_line.shape[::-1]


def test_transparent_paper_is_white(tmp_path):
    pixels = np.zeros((8, 8, 4), np.uint8)
    assert as_grey(pixels).min() == 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    assert as_grey(next(open_pages(buffer.getvalue())).pixels).min() == 255


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(tmp_path / "bomb.png")
    with pytest.raises(UnreadableImage, match="megapixels"):
        next(open_pages(tmp_path / "bomb.png"))


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch, ruled_line):
    def full(self, aside, **_):
        open(aside, "wb").write(b"half")  # noqa: PTH123, SIM115
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(UserError, match="No space left on device"):
        write_page(Page(ruled_line, "L", {}), ruled_line, tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_a_soft_edge_is_lightened_with_its_rule(predictor):
    image = np.full((40, 200), 230, np.uint8)
    image[20] = 120
    image = cv2.GaussianBlur(image, (0, 0), 0.6)
    cleaned = predictor.clean(image).image
    assert cleaned[19:22].min() > image[19:22].min() + 30


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_16_bits_stay_so(predictor, ruled_line, tmp_path, suffix, channels):
    deep = np.repeat(ruled_line[..., None].astype(np.uint16) * 250 + 3, channels, axis=2)
    deep[..., 0] //= 2
    if channels == 4:
        deep[..., 3] = 65535
    path = tmp_path / f"deep{suffix}"
    assert cv2.imwrite(str(path), deep[..., [2, 1, 0, *range(3, channels)]])
    page = next(open_pages(path))
    np.testing.assert_array_equal(page.pixels, deep)
    write_page(replace(page, info={"dpi": (300, 300)}), page.pixels, tmp_path / "again.png")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "again.png"), cv2.IMREAD_UNCHANGED)[..., 2], deep[..., 0])
    assert round(Image.open(tmp_path / "again.png").info["dpi"][0]) == 300
    ((answer,),) = next(answer_files(predictor, [[FileToRead(path, path.name, "deep")]], tmp_path / "out"))
    cleaned = cv2.imread(str(tmp_path / "out" / answer.values["cleaned"]), cv2.IMREAD_UNCHANGED)
    assert cleaned.dtype == np.uint16 and cleaned.shape == deep.shape


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_colours_are_turned_as_others_are(orientation):
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    content, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(content, format="PNG", exif=exif)
    np.testing.assert_array_equal(TURNED[orientation](pixels), next(open_pages(content.getvalue())).pixels)


def test_thumbnails_of_a_tiff_are_no_pages(tmp_path):
    page, small = (Image.fromarray(np.full((60 * scale, 80 * scale), 200, np.uint8)) for scale in (2, 1))
    kinds = [(page, 0), (small, 1), (page, 2), (small, 1), (page, 4)]
    images = [image.copy() for image, _ in kinds]
    for image, (_, kind) in zip(images, kinds, strict=True):
        image.encoderinfo = {"tiffinfo": {254: kind}}
    images[0].save(tmp_path / "a.tif", save_all=True, append_images=images[1:], tiffinfo={254: 0})
    with Image.open(tmp_path / "a.tif") as written:
        assert written.n_frames == 5
    assert [page.pixels.shape for page in open_pages(tmp_path / "a.tif")] == [(120, 160)] * 2


def test_a_drawing_programs_history_in_a_png_is_passed_over(tmp_path):
    history = PngInfo()
    history.add_text("history", "x" * 3_000_000, zip=True)
    Image.fromarray(np.full((30, 40), 200, np.uint8)).save(tmp_path / "a.png", pnginfo=history)
    assert next(open_pages(tmp_path / "a.png")).pixels.shape == (30, 40)
