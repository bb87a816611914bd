"""What people do to the lines of a page: each step is checked against what they saw, kept, and can be undone."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from predictors.workbench.store.tables import DONE, OPEN, Change, Line, Page
from preprocessing.pages.baselines import FoundLine
from preprocessing.pages.line_cutting import lengths_along, thinned
from preprocessing.pages.outlines import USUAL_ABOVE, USUAL_BELOW
from utils.files.xml_text import FORBIDDEN

TYPED, DRAWN = ("text", "state"), ("baseline", "outline", "x_height")
SNAPSHOT = ("place", "block", "baseline", "outline", "x_height", "text", "state", "is_typed", "is_drawn", "is_deleted")
CLOSEST = 1e-6  # of two places
MOST_SHARED = 0.3  # of the shorter of two lines that are joined: more lies one below the other
SHORTEST_PX = 4.0  # of a baseline
USUAL_X_HEIGHT_PX = 20.0  # where a page has no lines yet

Seen = Mapping[int, int]  # the versions that somebody saw, by line
Outline = Callable[[FoundLine, list[FoundLine]], np.ndarray]  # the outline of a line among others


class Mistaken(Exception):
    """What is asked for makes no sense; the message is one line."""


class Outdated(Exception):
    """Somebody else has changed a line meanwhile.

    Attributes:
        lines: as they are now, as JSON; ``is_deleted`` where one is gone.
    """

    def __init__(self, lines: list[Line]) -> None:
        super().__init__("the line was changed meanwhile, here or in another window")
        self.lines = [{**as_values(line), "is_deleted": line.is_deleted} for line in lines]


def clean_text(text: str) -> str:
    """A text as a line may hold it: without line breaks, and without characters that neither XML nor every database has."""
    return FORBIDDEN.sub("", re.sub(r"\s*[\r\n]+\s*", " ", text))


def as_values(line: Line) -> dict[str, Any]:
    """A line as JSON."""
    columns = (column.key for column in Line.__table__.columns)
    return {key: getattr(line, key) for key in columns if key not in ("is_deleted", "content")}


def lines_of(session: Session, page_id: int, *conditions: ColumnElement[bool]) -> list[Line]:
    """The lines of a page in reading order."""
    chosen = select(Line).where(Line.page_id == page_id, Line.is_deleted.is_(False), *conditions)
    return list(session.scalars(chosen.order_by(Line.place, Line.id)))


def as_found(line: Line) -> FoundLine:
    """A line's geometry."""
    baseline = thinned(np.array(line.baseline, float), np.array(line.outline, float) if line.outline else None)
    return FoundLine(baseline, line.x_height or height_of(line.outline), line.confidence or 0.0)


def height_of(outline: list[Any]) -> float:
    """The x-height that an outline of the usual size has; of none the usual one."""
    if not outline:
        return USUAL_X_HEIGHT_PX
    return max(4.0, float(np.ptp(np.array(outline)[:, 1])) / (USUAL_ABOVE + USUAL_BELOW))


@dataclass
class Desk:
    """A person at work on a page.

    Args:
        session: that writes.
        page: the page.
        seen: the versions of lines that the person saw: what was changed since is not overwritten.
        outline: finds outlines on the page.
    """

    session: Session
    page: Page
    seen: Seen
    outline: Outline

    @property
    def page_id(self) -> int:
        """The page's number."""
        return self.page.id

    def edit(self, line_id: int, values: Mapping[str, Any]) -> Change:
        """Gives a line another text, state or baseline."""
        line = self._seen(line_id)
        before = _snapshot([line])
        if "baseline" in values:
            self._redraw(line, self._checked(values["baseline"]))
        values = {**values, **({"text": clean_text(values["text"])} if "text" in values else {})}
        if values.get("state") == DONE and not values.get("text", line.text).strip():
            raise Mistaken("a line without a text is not done: call it unreadable, or take it away")
        for key in TYPED:
            if key in values and getattr(line, key) != values[key]:
                setattr(line, key, values[key])
                line.is_typed = True
        return self._note("baseline" if "baseline" in values else "text", before, [line])

    def add(self, baseline: list[Any], after: int | None) -> Change:
        """Draws a line, which stands after another one, or first."""
        others = lines_of(self.session, self.page_id)
        line = Line(page_id=self.page_id, place=self._between(others, after), baseline=[], outline=[], is_deleted=True)
        line.version, line.text, line.state = 0, "", OPEN
        if neighbour := next((other for other in others if other.id == after), others[0] if others else None):
            line.block = neighbour.block
        self._begin(line)
        before = _snapshot([line])
        heights = [other.x_height for other in others if other.x_height]
        line.x_height, line.is_deleted = float(np.median(heights)) if heights else USUAL_X_HEIGHT_PX, False
        self._redraw(line, self._checked(baseline))
        return self._note("add", before, [line])

    def finish(self) -> Change:
        """Calls all lines that have a text, and are neither done nor unreadable, done."""
        lines = [line for line in lines_of(self.session, self.page_id, Line.state == OPEN) if line.text.strip()]
        before = _snapshot(lines)
        for line in lines:
            line.state, line.is_typed = DONE, True
        return self._note("text", before, lines)

    def delete(self, line_ids: Iterable[int]) -> Change:
        """Takes lines away."""
        lines = [self._seen(line_id) for line_id in line_ids]
        before = _snapshot(lines)
        for line in lines:
            line.is_deleted = line.is_drawn = True  # where lines are looked for anew, it does not come back
        return self._note("delete", before, lines)

    def split(self, line_id: int, at: float, character: int) -> Change:
        """Makes two lines of one.

        Args:
            line_id: the line.
            at: where, as a part of its baseline's length, 0..1.
            character: how many characters stay in the first.
        """
        line = self._seen(line_id)
        if not 0.0 < at < 1.0:
            raise Mistaken("a line is split between its ends")
        others = lines_of(self.session, self.page_id)
        left, right = _parted(as_found(line).baseline, at)
        second = Line(page_id=self.page_id, place=self._between(others, line_id), block=line.block, is_deleted=True)
        second.baseline, second.outline, second.x_height, second.version = [], [], line.x_height, 0
        second.text, second.state, second.is_typed = "", OPEN, False
        self._begin(second)
        before = _snapshot([line, second])
        second.text, line.text = line.text[character:].strip(), line.text[:character].strip()
        second.is_typed, second.is_deleted, line.state = line.is_typed, False, OPEN
        line.words, line.alternatives, line.read_text = [], [], None  # they are of the whole line
        self._redraw(second, right)
        self._redraw(line, left)
        return self._note("split", before, [line, second])

    def join(self, line_ids: list[int]) -> Change:
        """Makes one line of several pieces that stand beside each other, from left to right."""
        lines = sorted((self._seen(line_id) for line_id in set(line_ids)), key=lambda line: as_found(line).baseline[:, 0].mean())
        if len(lines) < 2:
            raise Mistaken("at least two lines are joined")
        if any(overlap(*pair) > MOST_SHARED for pair in pairwise(lines)):
            raise Mistaken("these lines stand one below the other: only pieces that stand beside each other are joined")
        before = _snapshot(lines)
        first, *others = lines
        baseline = np.concatenate([as_found(line).baseline for line in lines])
        first.text = " ".join(line.text for line in lines if line.text)
        first.is_typed, first.state = any(line.is_typed for line in lines), OPEN
        first.words, first.alternatives, first.read_text = [], [], None
        for line in others:
            line.is_deleted = True
        self._redraw(first, baseline[np.argsort(baseline[:, 0], kind="stable")])
        return self._note("join", before, lines)

    def move(self, line_id: int, after: int | None) -> Change:
        """Lets a line be read after another one, or first."""
        line = self._seen(line_id)
        before = _snapshot([line])
        others = [other for other in lines_of(self.session, self.page_id) if other.id != line_id]
        line.place, line.is_drawn = self._between(others, after), True
        if neighbour := next((other for other in others if other.id == after), others[0] if others else None):
            line.block = neighbour.block
        return self._note("move", before, [line])

    def undo(self, change_id: int) -> Change:
        """Gives back the values that a change took, where its own are still there: so changes are taken back one by one.

        Raises:
            Outdated: somebody has changed them since.
        """
        change = self.session.get(Change, change_id)
        if change is None or change.page_id != self.page_id:
            raise Mistaken("there is no such change on this page")
        lines = [self._there(int(line_id)) for line_id in change.after]
        if any(self._is_changed(line, key, value) for line in lines for key, value in change.after[str(line.id)].items()):
            raise Outdated(lines)
        before = _snapshot(lines)
        for line in lines:
            for key, value in change.before[str(line.id)].items():
                setattr(line, key, value)
        return self._note(change.kind, before, lines, undoes=change.id)

    @staticmethod
    def _is_changed(line: Line, key: str, value: Any) -> bool:
        """Whether a value is another one now; what a reader has written since does not count."""
        return getattr(line, key) != value and not (key == "text" and not line.is_typed)

    def _there(self, line_id: int) -> Line:
        line = self.session.get(Line, line_id)
        if line is None or line.page_id != self.page_id:
            raise Mistaken("there is no such line on this page")
        return line

    def _seen(self, line_id: int) -> Line:
        """A line that is as the person saw it."""
        line = self._there(line_id)
        if line.is_deleted or self.seen.get(line_id) != line.version:
            raise Outdated([line])
        return line

    def _begin(self, line: Line) -> None:
        """Gives a new line its number."""
        self.session.add(line)
        self.session.flush()

    def _redraw(self, line: Line, baseline: np.ndarray) -> None:
        """Gives a line a baseline, and the outline that goes with it."""
        baseline = thinned(baseline)
        line.baseline = baseline.round(1).tolist()
        line.is_drawn = True
        others = [as_found(other) for other in lines_of(self.session, self.page_id) if other.id != line.id]
        line.outline = self.outline(FoundLine(baseline, line.x_height or height_of(line.outline), 1.0), others).round(1).tolist()

    def _checked(self, points: Any) -> np.ndarray:
        """A baseline float (n, 2) on the page; raises Mistaken for one without length there."""
        baseline = np.clip(np.array(points, float), 0, (self.page.width - 1, self.page.height - 1))
        if len(baseline) < 2 or np.ptp(baseline, axis=0).max() < SHORTEST_PX:
            raise Mistaken("a baseline has two points at least, some pixels apart, on the page")
        return baseline

    @staticmethod
    def _between(others: list[Line], after: int | None) -> float:
        """A place behind a line and before the next one."""
        if not others:
            return 0.0
        if after is None:
            return others[0].place - 1.0
        number = next((number for number, other in enumerate(others) if other.id == after), None)
        if number is None:
            raise Mistaken("the line that it shall follow is not there any more")
        if number + 1 == len(others):
            return others[number].place + 1.0
        if others[number + 1].place - others[number].place < CLOSEST:
            for place, other in enumerate(others):
                other.place = float(place)
        return (others[number].place + others[number + 1].place) / 2

    def _note(self, kind: str, before: dict[str, Any], lines: list[Line], undoes: int | None = None) -> Change:
        """Keeps what was done."""
        for line in lines:
            line.version += 1
        after = _snapshot(lines)
        for line in lines:
            own, was = after[str(line.id)], before[str(line.id)]
            for key in [key for key, value in own.items() if was[key] == value]:
                del own[key], was[key]
        change = Change(page_id=self.page_id, kind=kind, before=before, after=after, undoes=undoes)
        self.session.add(change)
        self.session.flush()
        return change


def overlap(left: Line, right: Line) -> float:
    """What of the shorter of two lines lies above or below the other, 0..1."""
    (a, b), (c, d) = ((points.min(), points.max()) for points in (as_found(line).baseline[:, 0] for line in (left, right)))
    return max(0.0, float(min(b, d) - max(a, c))) / max(1.0, float(min(b - a, d - c)))


def _snapshot(lines: list[Line]) -> dict[str, Any]:
    return {str(line.id): {key: getattr(line, key) for key in SNAPSHOT} for line in lines}


def _parted(baseline: np.ndarray, at: float) -> tuple[np.ndarray, np.ndarray]:
    """A baseline (n, 2) in two, at a part of its length."""
    lengths = lengths_along(baseline)
    place = at * lengths[-1]
    middle = np.array([np.interp(place, lengths, axis) for axis in baseline.T])
    before, behind = baseline[lengths < place - 1], baseline[lengths > place + 1]
    return np.concatenate([before, middle[None]]), np.concatenate([middle[None], behind])
