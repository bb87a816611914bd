"""The lines of pages described by XML files, whatever the dialect: what the sources page_xml and alto share."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from base.errors import UserError
from base.source import BaseSource
from base.types import Sample
from data_generators.sources.reading.catalogue import Catalogue, Inside, existing_root, group_in, split_in
from preprocessing.pages.layout import BrokenPage, PageLayout, TextLine, WrongFormat, scale_between
from preprocessing.pages.line_cutting import cut_line, extent
from preprocessing.text.transcription import RULES, Excluded
from utils.files.below import files_below
from utils.files.page_images import described_size, find_image, read_described

SPACING = 10**5  # positions: page * SPACING + line
PAGES_KEPT, LAYOUTS_KEPT = 3, 256  # in memory
INSIDE_PART = 0.5  # of a line's outline must lie on the image


class OtherXml(Exception):
    """An XML file that describes something else than a page, as exports hold some."""


class PageLinesSource(BaseSource):
    """The text lines of all XML files below ``data.root``, in reading order, level along their baselines.

    A page's image is decoded for each line that is asked for out of order: convert pages to lines once
    (``mode=convert``) before a training.

    Args:
        cfg: the source's values.
        split: ``train``, ``val`` or ``test``; folders of these names in the root state it, else the pages are groups.
        parse: turns the content of an XML file into a layout, or raises BrokenPage.

    Raises:
        UserError: no XML files, or a fault that ``data.on_problem`` does not allow.
    """

    def __init__(self, cfg: Any, split: str, parse: Callable[[bytes], PageLayout]) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.parse = parse
        self.rule = RULES[cfg.transcription]
        self.minimum_px = cfg.minimum_line_px
        self.paths = files_below(self.root, {".xml"}, follow_links=cfg.follow_links)
        if not self.paths:
            raise UserError(f"{self.root}: there are no XML files in it")
        self.images: dict[int, Path] = {}
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        inside = Inside(self.root, cfg.follow_links)
        for number, path in enumerate(self.paths):
            self._scan(catalogue, inside, number, path)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)
        self._make_caches()

    def _make_caches(self) -> None:
        self._read_layout = lru_cache(maxsize=LAYOUTS_KEPT)(self._layout)
        self._read_page = lru_cache(maxsize=PAGES_KEPT)(read_described)

    def __getstate__(self) -> dict[str, Any]:
        """Caches do not travel to other processes."""
        return {key: value for key, value in self.__dict__.items() if not key.startswith("_read")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = {**state}
        self._make_caches()

    def _scan(self, catalogue: Catalogue, inside: Inside, number: int, path: Path) -> None:
        """Notes the lines of one page."""
        try:
            layout = self._layout(number)
            image = find_image(path, layout.image, self.root, inside.holds)
            height, width = described_size(image, layout.size)
            scale = scale_between(layout.size, (height, width))
        except OtherXml as reason:
            catalogue.leave_out(str(path), str(reason), fault=False)
            return
        except UserError as fault:
            catalogue.leave_out(str(path), str(fault), fault=True)
            return
        self.images[number] = image
        stated = split_in(PurePosixPath(path.relative_to(self.root).as_posix()))
        page = self._page_name(path)
        for place, line in enumerate(layout.lines):
            where = f"{path}:{line.number} ({line.identity})"
            unusable = self._unusable(line, scale, (width, height))
            with catalogue.noting(where):
                if line.fault:
                    raise UserError(line.fault)
                if unusable:
                    raise UserError(unusable) if "image" in unusable else Excluded(unusable)
                if not self.rule(line.text, line.marks) and not self.cfg.get("keep_empty", False):
                    raise Excluded("it has no text")
                also = (path.stem, image.stem)
                catalogue.add(
                    number * SPACING + place, f"{page}#{line.identity}", page, stated, f"{line.text}\t{_points(line)}", also
                )

    def _page_name(self, path: Path) -> str:
        """A page's name, which is its group: its path without suffix and without the folder that names the split."""
        relative = PurePosixPath(path.relative_to(self.root).with_suffix("").as_posix())
        book = group_in(relative)
        return book if book == str(relative) else f"{book}/{relative.name}"

    def _unusable(self, line: TextLine, scale: float, size: tuple[int, int]) -> str:
        """Why a line cannot be cut, or nothing."""
        points = line.polygon if line.polygon is not None else line.baseline
        if points is None:
            return "it has neither an outline nor a baseline"
        left, top = points.min(axis=0) * scale
        right, bottom = points.max(axis=0) * scale
        seen = (min(right, size[0]) - max(left, 0), min(bottom, size[1]) - max(top, 0))
        part = max(seen[0], 0) / max(right - left, 1e-6)
        if line.polygon is not None:
            part = min(part, max(seen[1], 0) / max(bottom - top, 1e-6))
        if line.baseline is not None:  # points far away would make a picture too large for any memory
            corners = np.array([line.baseline.min(axis=0), line.baseline.max(axis=0)]) * scale
            if (corners < -np.array(size)).any() or (corners > 2 * np.array(size)).any():
                return f"its baseline lies outside the image of {size[0]}x{size[1]} pixels"
        if part < INSIDE_PART or seen[1] < 0:
            return f"its outline lies outside the image of {size[0]}x{size[1]} pixels"
        if line.polygon is not None and min(right - left, bottom - top) < self.minimum_px:
            return f"it is only {right - left:.0f}x{bottom - top:.0f} pixels"
        return ""

    def _layout(self, number: int) -> PageLayout:
        try:
            return self.parse(self.paths[number].read_bytes())
        except WrongFormat as error:
            raise OtherXml(str(error)) from error
        except BrokenPage as error:
            raise UserError(f"{self.paths[number]}: {error}") from error

    def __len__(self) -> int:
        return len(self.positions)

    def line(self, index: int) -> TextLine:
        """What the XML says of a sample."""
        number, place = divmod(int(self.positions[index]), SPACING)
        return self._read_layout(number).lines[place]

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        """A line cut out of its page along its baseline or outline, grey uint8 (H, W); raises UserError for one outside of it."""
        number, place = divmod(int(self.positions[index]), SPACING)
        layout = self._read_layout(number)
        line = layout.lines[place]
        page = self._read_page(self.images[number], layout.size)
        scale = scale_between(layout.size, page.shape)
        heights = [float(np.ptp(other.polygon[:, 1])) for other in layout.lines if other.polygon is not None]
        try:
            image = cut_line(
                page,
                None if line.polygon is None else line.polygon * scale,
                None if line.baseline is None else line.baseline * scale,
                default_height=float(np.median(heights)) * scale if heights else None,
            )
        except ValueError as error:
            raise UserError(f"{self.where(index)}: {error}") from error
        path = self.paths[number]
        return Sample(
            image, self.rule(line.text, line.marks), self._page_name(path), path, tags={"hand": "scan", "layout": "line"}
        )

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        """From the line's points alone, within a few pixels."""
        number, _ = divmod(int(self.positions[index]), SPACING)
        line = self.line(index)
        size = self._read_layout(number).size
        scale = scale_between(size, described_size(self.images[number], size))
        width, height = extent(line.polygon, line.baseline) * scale
        return max(8, int(height)), max(8, int(width))

    def text(self, index: int) -> str:
        line = self.line(index)
        return self.rule(line.text, line.marks)

    def where(self, index: int) -> str:
        number, _ = divmod(int(self.positions[index]), SPACING)
        line = self.line(index)
        return f"{self.paths[number]}:{line.number} ({line.identity})"

    def fingerprint(self) -> str:
        return f"{self.cfg.source}:{self.root.name}:{len(self.positions)} lines:{self.state}"


def _points(line: TextLine) -> list[list[list[float]]]:
    """Where a line is."""
    return [points.tolist() for points in (line.polygon, line.baseline) if points is not None]
