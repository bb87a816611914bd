"""Reads pages of a store: finds their lines where nobody has drawn any, and fills in those that nobody has typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from omegaconf import OmegaConf
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.errors import UserError
from predictors.pages import PagesPredictor
from predictors.reading.confidence import LineReading
from predictors.reading.gate import LineOutcome
from predictors.reading.line_finder import FoundPage
from predictors.serving.parameters import choices
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.lines import as_found, lines_of
from predictors.workbench.store.tables import Line, Page, Reader, packed
from preprocessing.pages.baselines import FoundLine
from preprocessing.pages.reading_order import columns_of, reading_order

DEFAULT = "default"  # the reader that the server was started with
KEPT = 4  # readers that stay open
RAISED = 0.5  # x-heights: so far above the middle of its baseline a line is looked for among those that stay


@dataclass(frozen=True)
class Wish:
    """How pages are to be read.

    Attributes:
        reader: `DEFAULT`, or the name of a `Reader`.
        language: of the language model, ``none``, or None for the reader's own decoder.
        erase: ``auto``, ``always`` or ``never``.
    """

    reader: str = DEFAULT
    language: str | None = None
    erase: str = "auto"

    def check(self, session: Session) -> None:
        """Raises UserError for what there is not."""
        if self.reader not in reader_names(session):
            raise UserError(f"there is no reader {self.reader}")
        if self.language is not None and self.language not in choices("language"):
            raise UserError(f"there is no language model {self.language}")
        if self.erase not in choices("erase"):
            raise UserError(f"erase: {', '.join(choices('erase'))}")


def reader_names(session: Session) -> list[str]:
    """The readers that can be chosen: the server's own first, then those that learned, the newest first."""
    return [DEFAULT, *session.scalars(select(Reader.name).order_by(Reader.id.desc()))]


class Readers:
    """Predictors of pages for each wish, around the same networks where they are the same.

    Args:
        archive: knows the readers.
        pages: the server's own predictor.
    """

    def __init__(self, archive: Archive, pages: PagesPredictor) -> None:
        self.archive, self.pages = archive, pages
        self._opened = lru_cache(maxsize=KEPT)(self._open)

    def of(self, wish: Wish) -> PagesPredictor:
        """The predictor for a wish; raises UserError where its parts do not go together."""
        return self._opened(wish, self.bundle(wish.reader))

    def bundle(self, name: str) -> str:
        """The bundle of a reader, as configs name it; raises UserError where it is gone."""
        if name == DEFAULT:
            return str(self.pages.cfg.get("reader") or "pretrained")
        with self.archive.reading() as session:
            bundle = session.scalar(select(Reader.bundle).where(Reader.name == name))
        if bundle is None:
            raise UserError(f"there is no reader {name}")
        return bundle

    def rare_characters(self) -> str:
        """What the server's own reader knows and keyboards do not have."""
        reader = self.pages.reader
        return "" if reader is None else "".join(each for each in reader.characters if not each.isascii())

    def _open(self, wish: Wish, bundle: str) -> PagesPredictor:
        own = {"reader": bundle, "language": wish.language, "erase": wish.erase}
        facts = {key: value for key, value in self.pages.facts.items() if key != "opened" or bundle == self.bundle(DEFAULT)}
        return PagesPredictor(self.pages.network, facts, OmegaConf.merge(self.pages.cfg, own))


@dataclass(frozen=True)
class PageReading:
    """Reads one page.

    Args:
        archive: the store.
        predictor: that reads.
        page_id: the page.
    """

    archive: Archive
    predictor: PagesPredictor
    page_id: int

    def read(self, *, find: bool, only: Sequence[int] | None = None) -> int:
        """Reads the lines that nobody has typed; returns how many were read.

        Args:
            find: whether lines are looked for anew where that was done before; those that were typed or drawn stay.
            only: the lines that are meant; None for all.

        Raises:
            UnreadableImage: the picture is gone or broken.
        """
        with self.archive.reading() as session:
            page = session.get(Page, self.page_id)
        if page is None:  # deleted meanwhile
            return 0
        grey = self.archive.pictures.grey(page)
        if find or not page.is_searched:
            self._find(grey)
        with self.archive.reading() as session:
            lines = [line for line in lines_of(session, self.page_id, Line.is_typed.is_(False)) if line.outline]
        lines = [line for line in lines if only is None or line.id in only]
        if lines:
            found = FoundPage([as_found(line) for line in lines], [np.array(line.outline, float) for line in lines], [])
            self._keep(lines, self.predictor.read_lines(grey, found)[0])
        return len(lines)

    def _find(self, grey: np.ndarray) -> None:
        """Looks for the lines of a page, and keeps those that are not there already."""
        found = self.predictor.finder.find(grey)
        with self.archive.writing() as session:
            page = session.get(Page, self.page_id)
            if page is None:
                return
            every = select(Line).where(Line.page_id == page.id).order_by(Line.place, Line.id)
            kept = [line for line in session.scalars(every) if line.is_typed or line.is_drawn]  # those that were taken away too
            for line in lines_of(session, page.id):
                line.is_deleted = line not in kept
            new = [
                Line(
                    page_id=page.id,
                    place=0.0,
                    block=0,
                    x_height=line.x_height,
                    is_deleted=False,
                    baseline=within(line.baseline, page),
                    outline=within(outline, page),
                )
                for line, outline in zip(found.lines, found.outlines, strict=True)
                if not any(is_inside(line, other.outline) for other in kept)
            ]
            session.add_all(new)
            put_in_order([line for line in kept if not line.is_deleted], new)
            page.is_searched, page.note = True, ""

    def _keep(self, lines: list[Line], outcomes: list[LineOutcome]) -> None:
        """Writes down what was read in lines that are as they were before."""
        with self.archive.writing() as session:
            for line, outcome in zip(lines, outcomes, strict=True):
                now = session.get(Line, line.id)
                if now is not None and now.version == line.version and not now.is_typed:
                    for key, value in read_values(outcome).items():
                        setattr(now, key, value)
                    now.version += 1


def read_values(outcome: LineOutcome) -> dict[str, Any]:
    """What a line keeps of a reading; of one whose picture cannot be read nothing."""
    read = outcome if isinstance(outcome, LineReading) else LineReading("", 0.0)
    words = [
        [word.text, round(word.confidence, 4), round(word.left / read.width_px, 4), round(word.right / read.width_px, 4)]
        for word in read.words
    ]
    return {
        **{"text": read.text, "read_text": read.text, "confidence": round(read.confidence, 4), "doubt": round(read.doubt, 3)},
        **{"words": words, "alternatives": [[text, round(share, 4)] for text, share in read.alternatives]},
        "content": packed(read.content),
    }


def within(points: np.ndarray, page: Page) -> list[Any]:
    """Points on a page, to a tenth of a pixel."""
    return np.clip(points, 0, (page.width - 1, page.height - 1)).round(1).tolist()


def is_inside(line: FoundLine, outline: list[Any]) -> bool:
    """Whether a found line is one that has an outline already."""
    middle = line.baseline[len(line.baseline) // 2] - (0.0, RAISED * line.x_height)
    polygon = np.array(outline, np.float32).reshape(-1, 1, 2)
    return bool(len(polygon) > 2 and cv2.pointPolygonTest(polygon, middle.tolist(), False) >= 0)


def put_in_order(staying: list[Line], new: list[Line]) -> None:
    """Gives lines their places in reading order, and new ones their blocks; those that stay keep their order among themselves.

    Args:
        staying: in the order in which they are read.
        new: in any.
    """
    lines = [*staying, *new]
    found = [as_found(line) for line in lines]
    order = reading_order(found)
    for number, block in enumerate(columns_of(found, order)):
        for place in block:
            if place >= len(staying):
                lines[place].block = number
    read = list(staying)
    for before, number in zip([None, *order], order, strict=False):
        if number >= len(staying):
            read.insert(0 if before is None else read.index(lines[before]) + 1, lines[number])
    for place, line in enumerate(read):
        line.place = float(place)


def wish_of(values: Mapping[str, Any]) -> Wish:
    """The wish in a job's options."""
    return Wish(values["reader"], values["language"], values["erase"])
