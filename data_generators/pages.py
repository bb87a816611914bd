"""Crops of pages with the maps of their lines, and whole pages to measure."""

from typing import Any

import numpy as np

from base.data_generator import TRAINING_MODES, BaseDataGenerator
from base.errors import UserError
from base.registry import DATA_GENERATORS
from base.types import Batch, PageLine, Sample
from data_generators.batches.measured import MeasuredSamples, most_measured
from data_generators.batches.readable import readable_sample
from data_generators.batches.shuffling import shuffled
from preprocessing.augment import change_tones
from preprocessing.pages.layout_maps import draw_maps
from preprocessing.pages.scale import page_scale, scale_page

BIASED = 0.8  # of the crops have a line in their middle: much of a page is blank
MOST_SYNTHETIC = 24  # pages that are measured where there is no end of them


@DATA_GENERATORS.register("pages")
class PagesData(BaseDataGenerator):
    """Crops at many scales for training; for measuring, a fixed choice of whole pages.

    Args:
        cfg: ``cfg.data``.
        split: ``train``, ``val`` or ``test``.
        seed: of the run.
        run: the whole config.

    Raises:
        UserError: the source has no pages with lines.
    """

    def __init__(self, cfg: Any, split: str, seed: int, run: Any) -> None:
        super().__init__(cfg, split, seed, run)
        if split == "train" and run.mode.name in TRAINING_MODES:
            self.page_px, self.options = run.model.page_px, run.trainer.pages
        else:
            self.measured = MeasuredSamples(self.source, most_measured(run, split), MOST_SYNTHETIC, cfg.name)
            if not self.sample(0).lines:
                raise UserError(f"{self.source.fingerprint()}: its samples are no pages with lines: use data=page_files")

    def __len__(self) -> int:
        """How many pages there are to measure."""
        return len(self.measured)

    def sample(self, index: int) -> Sample:
        """A page to measure, as its source has it."""
        return self.measured.sample(index, self.rng(index))

    def batch(self, step: int) -> Batch:
        """Images uint8 (batch, side, side, 1) and bits of `LayoutInk` uint8 (batch, side, side)."""
        crops = []
        for number in range(self.options.pages):
            place = step * self.options.pages + number
            rng = self.rng(place)
            epoch, position = divmod(place, len(self.source))
            page = readable_sample(self.source, shuffled(position, len(self.source), seed=self.seed + epoch), rng)
            crops += [self._crop(rng, page) for _ in range(self.options.crops)]
        images, maps = zip(*crops, strict=True)
        return Batch(np.stack(images)[..., None], np.stack(maps))

    def _crop(self, rng: np.random.Generator, page: Sample) -> tuple[np.ndarray, np.ndarray]:
        """A square part of a page at some scale, mirrored never: writing has a direction."""
        side = self.options.crop_px
        scale = page_scale(page.image.shape, self.page_px) * rng.uniform(*self.options.zoom)
        left, top = self._corner(rng, page, side / scale)
        bottom, right = round(top + side / scale), round(left + side / scale)
        part = scale_page(page.image[top:bottom, left:right], scale)
        image = np.full((side, side), int(np.median(part)), np.uint8)
        height, width = min(side, part.shape[0]), min(side, part.shape[1])
        image[:height, :width] = part[:height, :width]
        if rng.random() < self.options.tone_probability:
            image = change_tones(rng, image)
        return image, draw_maps([line.scaled(scale, left, top) for line in page.lines], (side, side))

    def _corner(self, rng: np.random.Generator, page: Sample, side: float) -> tuple[int, int]:
        """The upper left corner of a crop of so many of the page's pixels."""
        height, width = page.image.shape
        corner = rng.uniform(0, 1, 2) * (max(0, width - side), max(0, height - side))
        if page.lines and rng.random() < BIASED:
            line: PageLine = page.lines[int(rng.integers(len(page.lines)))]
            corner = line.baseline[int(rng.integers(len(line.baseline)))] - rng.uniform(0.2, 0.8, 2) * side
        left, top = np.clip(corner, 0, (max(0, width - side), max(0, height - side)))
        return int(left), int(top)
