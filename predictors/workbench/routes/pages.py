"""Pages and their lines: seen, corrected, drawn anew."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from predictors.workbench.bench import Workbench
from predictors.workbench.routes.collections import Id
from predictors.workbench.routes.common import ERRORS, LONGEST_TEXT, PREFIX, from_our_page
from predictors.workbench.store.lines import Desk, as_values, lines_of
from predictors.workbench.store.pictures import WIDTHS_PX
from predictors.workbench.store.tables import LINE_STATES, Change, Collection, Line, Page
from predictors.workbench.work.reading import PageReading, Wish
from preprocessing.pages.outlines import outline_among

MOST_CHANGES = 200
MOST_POINTS = 500

Number = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
Baseline = Annotated[list[tuple[Number, Number]], Field(min_length=2, max_length=MOST_POINTS)]
Versions = Annotated[dict[Id, int], Field(min_length=1, max_length=1000)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]


class Wished(BaseModel):
    """What is asked for; a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Edit(Wished):
    """Another text, state or baseline of a line that was seen in a version."""

    line: Id
    version: int
    text: Text | None = None
    state: Literal["open", "done", "unreadable"] | None = None
    baseline: Baseline | None = None


class Addition(Wished):
    """A line that somebody has drawn; it is read after another one, or first."""

    baseline: Baseline
    after: Id | None = None


class Several(Wished):
    """Lines, with the versions in which they were seen."""

    lines: Versions


class Split(Wished):
    """A line becomes two: where, as a part of its length, and how many characters stay in the first."""

    line: Id
    version: int
    at: Annotated[float, Field(gt=0, lt=1)]
    character: Annotated[int, Field(ge=0, le=LONGEST_TEXT)]


class Move(Wished):
    """A line is read after another one, or first."""

    line: Id
    version: int
    after: Id | None = None


class Undo(Wished):
    """A change that is taken back."""

    change: Id


class Reading(Wished):
    """Which lines are read (none named: all), and whether they are looked for anew."""

    lines: list[Id] | None = None
    find: bool = False


def pages_router(bench: Workbench) -> APIRouter:
    """The routes about pages."""
    router = APIRouter(prefix=f"{PREFIX}/pages/{{page_id}}", tags=["pages"], responses=ERRORS)
    archive = bench.archive
    changing = [Depends(from_our_page)]

    def looked_at(page_id: int) -> None:
        """Has a page's pixels at hand before anybody waits for what is written."""
        with archive.reading() as session:
            page = session.get_one(Page, page_id)
        archive.pictures.grey(page)

    def desk(session: Session, page_id: int, seen: dict[int, int]) -> Desk:
        page = session.get_one(Page, page_id)
        return Desk(session, page, seen, lambda line, others: outline_among(archive.pictures.grey(page), line, others))

    @router.get("", summary="A page with its lines")
    def seen(page_id: Id) -> dict[str, Any]:
        with archive.reading() as session:
            return page_values(session, session.get_one(Page, page_id))

    @router.delete("", summary="Deletes a page", dependencies=changing)
    def remove(page_id: Id) -> dict[str, Any]:
        with archive.writing() as session:
            page = session.get_one(Page, page_id)
            session.delete(page)
        bench.forget({page.file})
        return {}

    @router.get("/picture", summary="The page as browsers show it", response_class=FileResponse)
    def picture(
        page_id: Id, width: Annotated[int, Query(description=f"{', '.join(map(str, WIDTHS_PX))}")] = WIDTHS_PX[-1]
    ) -> FileResponse:
        with archive.reading() as session:
            page = session.get_one(Page, page_id)
        fitting = next((own for own in WIDTHS_PX if own >= width), WIDTHS_PX[-1])
        return FileResponse(archive.pictures.shown(page, fitting), media_type="image/jpeg")

    @router.post("/edit", summary="Gives a line another text, state or baseline", dependencies=changing)
    def edit(page_id: Id, wish: Edit) -> dict[str, Any]:
        values = wish.model_dump(include={"text", "state", "baseline"}, exclude_none=True)
        if "baseline" in values:
            looked_at(page_id)
        with archive.writing() as session:
            return changed(session, desk(session, page_id, {wish.line: wish.version}).edit(wish.line, values))

    @router.post("/finish", summary="Calls all its lines done that have a text", dependencies=changing)
    def finish(page_id: Id) -> dict[str, Any]:
        with archive.writing() as session:
            return changed(session, desk(session, page_id, {}).finish())

    @router.post("/add", summary="Draws a line", dependencies=changing)
    def add(page_id: Id, wish: Addition) -> dict[str, Any]:
        looked_at(page_id)
        with archive.writing() as session:
            return changed(session, desk(session, page_id, {}).add(wish.baseline, wish.after))

    @router.post("/delete", summary="Takes lines away", dependencies=changing)
    def delete(page_id: Id, wish: Several) -> dict[str, Any]:
        with archive.writing() as session:
            return changed(session, desk(session, page_id, wish.lines).delete(wish.lines))

    @router.post("/split", summary="Makes two lines of one", dependencies=changing)
    def split(page_id: Id, wish: Split) -> dict[str, Any]:
        looked_at(page_id)
        with archive.writing() as session:
            return changed(session, desk(session, page_id, {wish.line: wish.version}).split(wish.line, wish.at, wish.character))

    @router.post("/join", summary="Makes one line of several", dependencies=changing)
    def join(page_id: Id, wish: Several) -> dict[str, Any]:
        looked_at(page_id)
        with archive.writing() as session:
            return changed(session, desk(session, page_id, wish.lines).join(list(wish.lines)))

    @router.post("/move", summary="Lets a line be read after another one", dependencies=changing)
    def move(page_id: Id, wish: Move) -> dict[str, Any]:
        with archive.writing() as session:
            return changed(session, desk(session, page_id, {wish.line: wish.version}).move(wish.line, wish.after))

    @router.post("/undo", summary="Takes a change back", dependencies=changing)
    def undo(page_id: Id, wish: Undo) -> dict[str, Any]:
        with archive.writing() as session:
            return changed(session, desk(session, page_id, {}).undo(wish.change))

    @router.get("/changes", summary="What was done to its lines, the last first")
    def changes(page_id: Id) -> list[dict[str, Any]]:
        with archive.reading() as session:
            session.get_one(Page, page_id)
            found = session.scalars(
                select(Change).where(Change.page_id == page_id).order_by(Change.id.desc()).limit(MOST_CHANGES)
            )
            keys = ("id", "kind", "before", "after", "undoes", "made")
            return [{key: getattr(change, key) for key in keys} for change in found]

    @router.post("/read", summary="Reads its lines that nobody has typed, at once", dependencies=changing)
    def read(page_id: Id, wish: Reading) -> dict[str, Any]:
        with archive.reading() as session:
            collection = session.get_one(Collection, session.get_one(Page, page_id).collection_id)
        predictor = bench.readers.of(Wish(collection.reader, collection.language, collection.erase))
        with bench.reading:
            PageReading(archive, predictor, page_id).read(find=wish.find, only=wish.lines)
        with archive.reading() as session:
            return page_values(session, session.get_one(Page, page_id))

    return router


def page_values(session: Session, page: Page) -> dict[str, Any]:
    """A page as JSON: with its lines, and the pages before and behind it."""
    keys = ("id", "collection_id", "place", "name", "number", "count", "width", "height", "is_searched", "note")
    values = {key: getattr(page, key) for key in keys}
    others = select(Page.id).where(Page.collection_id == page.collection_id)
    before = session.scalar(others.where(Page.place < page.place).order_by(Page.place.desc()).limit(1))
    behind = session.scalar(others.where(Page.place > page.place).order_by(Page.place).limit(1))
    lines = [as_values(line) for line in lines_of(session, page.id)]
    return {**values, "lines": lines, "before": before, "behind": behind, "states": LINE_STATES}


def changed(session: Session, change: Change) -> dict[str, Any]:
    """What became of the lines of a change."""
    lines = [session.get_one(Line, int(line_id)) for line_id in change.after]
    there = [as_values(line) for line in lines if not line.is_deleted]
    return {"change": change.id, "kind": change.kind, "lines": there, "gone": [line.id for line in lines if line.is_deleted]}
