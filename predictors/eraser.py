"""From a soiled image to a clean one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from base.predictor import BasePredictor, Network
from base.registry import PREDICTORS
from base.types import FAMILIES, Ink, Prediction
from predictors.reading.files import picture_of
from preprocessing.inpaint import fill_with_paper
from preprocessing.polarity import is_light_on_dark
from preprocessing.tiles import blended_bands
from utils.drawing.pictures import shrink, side_by_side, tint
from utils.files.images import Page, UnreadableImage, as_grey, read_grey, write_page
from utils.files.pictures import opened
from utils.metrics.ink import family_bits

TILE_HW = (512, 2560)
SMALL_TILE_HW = (384, 1024)
HUGE_PIXELS = 30_000_000  # an image beyond this leaves the network less memory
OVERLAP_PX = 96
TALLEST_CROP_PX = 300  # a higher image is a page
BAND_PX = 512  # rows that are filled at once
MARGIN_PX = 128  # paper that a band may look at beyond its own rows
FEWEST_PIXELS = 8  # fewer erasable pixels than this are taken for noise, and the image is left alone


def _ink_of_outputs() -> np.ndarray:
    """Bits of `Ink` for each combination of the network's outputs, as `np.packbits` packs them: uint8 (256,).

    The last output is the overlap of artifact and text, which is text.
    """
    meanings = [*FAMILIES.values(), Ink.TEXT, Ink.TEXT]
    packed = np.arange(256)
    table = np.zeros(256, np.uint8)
    for place, meaning in enumerate(meanings):
        table[(packed >> (7 - place)) & 1 == 1] |= np.uint8(meaning)
    return table


INK_OF_OUTPUTS = _ink_of_outputs()


@dataclass
class Cleaned:
    """An image after cleaning.

    Attributes:
        image: uint8, shape and kind of the input.
        erased: bool (H, W), what was erased.
        ink: uint8 (H, W), bits of `Ink`: what the network saw.
    """

    image: np.ndarray
    erased: np.ndarray
    ink: np.ndarray


@PREDICTORS.register("eraser")
class EraserPredictor(BasePredictor):
    """Finds artifacts, erases the chosen families where they are not text, and fills in paper."""

    answers_with_pictures = True

    def __init__(self, network: Network, facts: dict[str, Any], cfg: Any) -> None:
        super().__init__(network, facts, cfg)
        self.stride: int = facts["stride"]

    def answers(self, pictures: Iterable[Any], **options: Any) -> Iterator[Prediction]:
        """Cleans pictures; those of an answer are ``cleaned`` and ``mask``.

        Yields:
            Predictions with ``artifact_fraction`` (erased pixels / all pixels) in their values.
        """
        for picture in pictures:
            try:
                page = opened(picture)
            except UnreadableImage as error:
                yield Prediction(error=str(error))
                continue
            yield answered(page, self.clean(page.pixels))

    def picture(self, path: Path, answer: dict[str, Any], output: Path) -> np.ndarray:
        """The page, what was erased in red, and the cleaned page; large pages are made smaller."""
        cleaned, mask = (read_grey(output / answer[key]) for key in ("cleaned", "mask"))
        before = picture_of(path, answer)
        return side_by_side([shrink(before), tint(shrink(before), shrink(mask) > 127), shrink(cleaned)])

    def clean(self, image: np.ndarray) -> Cleaned:
        """Cleans one image.

        Args:
            image: uint8 or uint16; (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGB and alpha.

        Returns:
            The image with the chosen artifacts erased; pixel for pixel the input where none was found.
        """
        grey = as_grey(image)
        inverted = is_light_on_dark(grey)
        ink = self.find_ink(255 - grey if inverted else grey)
        erased = self.erasable(ink)
        if np.count_nonzero(erased) < FEWEST_PIXELS:
            return Cleaned(image.copy(), np.zeros_like(erased), ink)
        return Cleaned(fill_bands(image, erased, (ink & Ink.TEXT) != 0, inverted), erased, ink)

    def find_ink(self, grey: np.ndarray) -> np.ndarray:
        """What each pixel of a uint8 (H, W) image with dark ink holds: uint8 (H, W), bits of `Ink`."""
        ink = np.empty(grey.shape, np.uint8)
        families = [self.cfg.threshold] * len(FAMILIES)
        limits = logit(np.array([*families, self.cfg.text_threshold, self.cfg.text_threshold], np.float32))
        bands = blended_bands(grey, self._logits, stride=self.stride, tile_HW=self._tile(grey.size), overlap=OVERLAP_PX)
        for top, logits in bands:
            ink[top : top + len(logits)] = INK_OF_OUTPUTS[np.packbits(logits >= limits, axis=-1)[..., 0]]
        return ink

    def erasable(self, ink: np.ndarray) -> np.ndarray:
        """Where ink of a chosen family lies and no text: bool (H, W).

        Foreign text is left alone in images that are too high for a line: those are pages, where all text belongs.
        """
        large = ink.shape[0] > TALLEST_CROP_PX
        wanted = np.uint8(family_bits(self.cfg.remove) & ~(int(Ink.FOREIGN) if large else 0))
        return ((ink & wanted) != 0) & ((ink & Ink.TEXT) == 0)

    def _tile(self, pixels: int) -> tuple[int, int]:
        """Height and width of the largest tile, in multiples of the stride: smaller ones where the image takes the memory."""
        height, width = TILE_HW if pixels <= HUGE_PIXELS else SMALL_TILE_HW
        return height - height % self.stride, width - width % self.stride

    def _logits(self, tile: np.ndarray) -> np.ndarray:
        return self.network(tile[None, ..., None])[0]


def answered(page: Page, cleaned: Cleaned) -> Prediction:
    """The answer for a cleaned page."""
    pictures = {"cleaned": cleaned.image, "mask": mask_picture(cleaned.erased)}

    def write(stem: Path) -> dict[str, Path]:
        """``<stem>.png`` of the page's own kind, and ``<stem>.mask.png``."""
        files = {"cleaned": stem.with_name(f"{stem.name}.png"), "mask": stem.with_name(f"{stem.name}.mask.png")}
        for kind, like in (("cleaned", page), ("mask", page.as_mask())):
            write_page(like, pictures[kind], files[kind])
        return files

    values = {"artifact_fraction": round(float(cleaned.erased.mean()), 6)}
    return Prediction(values=values, result=cleaned, draw=lambda: pictures, write=write)


def logit(chance: np.ndarray) -> np.ndarray:
    """float, of the shape that it has: the number whose logistic function is ``chance``, 0..1."""
    return np.log(chance / (1.0 - chance))


def fill_bands(image: np.ndarray, erased: np.ndarray, text: np.ndarray, inverted: bool) -> np.ndarray:
    """`fill_with_paper` in bands of rows, for any of the pixel formats that `EraserPredictor.clean` takes."""
    cleaned = image.copy()
    colours = image if image.ndim == 3 else image[..., None]
    layers = colours.shape[2] - (colours.shape[2] in (2, 4))
    target = cleaned if image.ndim == 3 else cleaned[..., None]
    for top in range(0, image.shape[0], BAND_PX):
        bottom = min(image.shape[0], top + BAND_PX)
        if not erased[top:bottom].any():
            continue
        first, last = max(0, top - MARGIN_PX), min(image.shape[0], bottom + MARGIN_PX)
        band = colours[first:last, :, :layers]
        scale = 257 if image.dtype == np.uint16 else 1
        eight = (band // scale).astype(np.uint8)
        filled = fill_with_paper(255 - eight if inverted else eight, erased[first:last], text[first:last])
        filled = 255 - filled if inverted else filled
        changed = (filled != eight).any(axis=2)[top - first : bottom - first]
        rows = target[top:bottom]
        rows[..., :layers][changed] = filled[top - first : bottom - first][changed].astype(image.dtype) * scale
    return cleaned


def mask_picture(erased: np.ndarray) -> np.ndarray:
    """White where something was erased, black elsewhere: uint8 (H, W)."""
    return np.where(erased, np.uint8(255), np.uint8(0))
