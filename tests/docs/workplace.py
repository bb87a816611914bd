"""A folder with small data under the names that the documentation uses."""

import shutil
from pathlib import Path

import cv2
import numpy as np

from tests.conftest import ROOT, TEXTS, draw_line, write_lines

SPLITS = ("train", "val", "test")
WORDS = ["cat", "hill", "ball", "bees", "moon", "book"]
PAGE_HW = (900, 700)


def fill(place: Path) -> None:
    """Puts everything into an empty folder."""
    (place / "experiments").mkdir()
    (place / "experiments/pretrained").symlink_to(ROOT / "experiments/pretrained")
    (place / "configs").symlink_to(ROOT / "configs")
    write_lines(place / "my_lines", dict.fromkeys(SPLITS, TEXTS))
    write_lines(place / "my_words", dict.fromkeys(SPLITS, WORDS))
    for name, count in (("my_scans", 12), ("my_clean_lines", 12), ("my_korean_lines", 2)):
        write_images(place / name, [draw_line(text) for text in (TEXTS * count)[:count]])
    for text in TEXTS:
        write_image(place / "named_lines" / f"{text.replace(' ', '-')}.png", draw_line(text))
    write_images(place / "my_pages", [a_page()])
    for name in ("scan.jpg", "line.png", "a.png", "b.png", "syllable.png"):
        write_image(place / name, draw_line(TEXTS[0]))
    write_image(place / "page.jpg", a_page())
    write_syllables(place / "my_syllables")
    for family in ("rules", "stains"):
        write_images(place / "my_patches" / family, [np.full((6, 60), 80, np.uint8)] * 20)
    (place / "my_texts").mkdir()
    (place / "my_texts/novel.txt").write_text("\n".join(TEXTS * 40), "utf-8")
    (place / "words.txt").write_text("\n".join(WORDS), "utf-8")
    font = next((ROOT / "node_modules/@expo-google-fonts/caveat").rglob("*.ttf"))
    (place / "my_fonts/handwriting/caveat").mkdir(parents=True)
    shutil.copy(font, place / "my_fonts/handwriting/caveat")
    shutil.copytree(ROOT / "experiments/pretrained/lines", place / "MY_BUNDLE")
    shutil.copytree(ROOT / "experiments/pretrained/eraser", place / "experiments/runs/eraser/unet-1234abcd/bundle")


def write_image(path: Path, image: np.ndarray) -> None:
    """An image file by its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def write_images(folder: Path, images: list[np.ndarray]) -> None:
    """Images named ``scan_1_1.png`` and on, each of a scan of its own."""
    for number, image in enumerate(images, start=1):
        write_image(folder / f"scan{number}_1.png", image)


def write_syllables(folder: Path) -> None:
    """Three pictures of each of a few syllables, a folder a syllable."""
    from PIL import Image, ImageDraw, ImageFont

    from utils.drawing.korean_font import korean_font

    file = korean_font()
    assert file is not None, "make fonts"
    font = ImageFont.truetype(str(file), 48)
    for syllable in "가나다라":
        for number in range(3):
            picture = Image.new("L", (64, 64), 250)
            ImageDraw.Draw(picture).text((8, 2 + number), syllable, fill=20, font=font)
            write_image(folder / syllable / f"{number}.png", np.asarray(picture))


def a_page() -> np.ndarray:
    """A page of printed lines, uint8 (H, W)."""
    page = np.full(PAGE_HW, 240, np.uint8)
    for row, text in enumerate(TEXTS):
        line = draw_line(text)
        top = 60 + 120 * row
        page[top : top + line.shape[0], 60 : 60 + line.shape[1]] = line
    return page
