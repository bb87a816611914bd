"""Whole pages with the lines that PAGE or ALTO XML describes."""

from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import PageLine, Sample
from data_generators.sources.reading.catalogue import Catalogue, Inside, existing_root, split_in
from data_generators.synthesis.canvas import measure_lines
from preprocessing.binarise import sauvola
from preprocessing.pages.formats import parse_any
from preprocessing.pages.layout import BrokenPage, TextLine, scale_between
from preprocessing.pages.line_cutting import cut_line
from preprocessing.text.transcription import RULES, Excluded
from utils.files.below import files_below
from utils.files.page_images import described_size, find_image, read_described

X_HEIGHT_OF_OUTLINE = 0.36  # of an outline's height, where the ink does not tell
PLAUSIBLE = (0.15, 0.6)  # x-heights against an outline's height
PAGES_KEPT = 8


@SOURCES.register("page_files")
class PageFilesSource(BaseSource):
    """The pages of all XML files below ``data.root`` that have lines with baselines.

    Args:
        cfg: the values of ``configs/data/page_files.yaml``.
        split: ``train``, ``val`` or ``test``; folders of these names in the root state it, else the pages are groups.

    Raises:
        UserError: no such pages, or a fault that ``data.on_problem`` does not allow.
    """

    def __init__(self, cfg: Any, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.rule = RULES[cfg.transcription]
        self.paths = files_below(self.root, {".xml"}, follow_links=cfg.follow_links)
        if not self.paths:
            raise UserError(f"{self.root}: there are no XML files in it")
        self.inside = Inside(self.root, cfg.follow_links)
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        for number, path in enumerate(self.paths):
            with catalogue.noting(str(path)):
                self._note(catalogue, number, path)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)
        self._make_caches()

    def _note(self, catalogue: Catalogue, number: int, path: Path) -> None:
        try:
            content = path.read_bytes()
            layout, _ = parse_any(content)
            image = find_image(path, layout.image, self.root, self.inside.holds)
            scale_between(layout.size, described_size(image, layout.size))
        except BrokenPage as error:
            raise UserError(f"{path}: {error}") from error
        if not any(line.baseline is not None for line in layout.lines):
            raise UserError("none of its lines has a baseline")
        relative = PurePosixPath(path.relative_to(self.root).as_posix())
        name = str(relative.with_suffix(""))
        catalogue.add(number, name, name, split_in(relative), content.decode("latin-1"), (path.stem, image.stem))

    def _make_caches(self) -> None:
        self._read = lru_cache(maxsize=PAGES_KEPT)(self._page)

    def __getstate__(self) -> dict[str, Any]:
        """Caches do not travel to other processes."""
        return {key: value for key, value in self.__dict__.items() if key != "_read"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = {**state}
        self._make_caches()

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        """A page, grey uint8 (H, W), and its lines in the order of the file."""
        image, lines, path = self._read(int(self.positions[index]))
        text = "\n".join(line.text for line in lines)
        tags = {"layout": "page", "hand": "scan"}
        return Sample(image, text, group=path.stem, path=path, lines=list(lines), tags=tags)

    def _page(self, number: int) -> tuple[np.ndarray, tuple[PageLine, ...], Path]:
        path = self.paths[number]
        layout, _ = parse_any(path.read_bytes())
        image_path = find_image(path, layout.image, self.root, self.inside.holds)
        image = read_described(image_path, layout.size)
        scale = scale_between(layout.size, image.shape)
        lines = [self._line(image, line, scale) for line in layout.lines if line.baseline is not None]
        return image, tuple(lines), image_path

    def _line(self, image: np.ndarray, line: TextLine, scale: float) -> PageLine:
        assert line.baseline is not None
        baseline = line.baseline * scale
        polygon = None if line.polygon is None else line.polygon * scale
        return PageLine(baseline, x_height_of(image, polygon, baseline), self._text(line))

    def _text(self, line: TextLine) -> str:
        """What a line says; nothing where the transcription is none that counts: the line is there all the same."""
        try:
            return self.rule(line.text, line.marks)
        except Excluded:
            return ""

    def where(self, index: int) -> str:
        return str(self.paths[int(self.positions[index])])

    def fingerprint(self) -> str:
        return f"page files:{self.root.name}:{len(self.positions)} pages:{self.state}"


def x_height_of(image: np.ndarray, polygon: np.ndarray | None, baseline: np.ndarray) -> float:
    """The height of small letters in pixels, by where the rows of a line have most ink."""
    if polygon is None:
        return float(np.ptp(baseline[:, 0])) * 0.02 + 4.0
    tall = float(np.percentile(polygon[:, 1], 90) - np.percentile(polygon[:, 1], 10))
    try:
        cut = cut_line(image, polygon, baseline)
    except ValueError:
        return X_HEIGHT_OF_OUTLINE * tall
    found, _ = measure_lines(np.where(sauvola(cut), np.uint8(255), np.uint8(0)))
    low, high = (part * cut.shape[0] for part in PLAUSIBLE)
    return found if low <= found <= high else X_HEIGHT_OF_OUTLINE * cut.shape[0]
