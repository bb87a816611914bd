"""Collections: made, listed, filled, read, learned from, taken out."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Query, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from predictors.serving.parameters import choices
from predictors.serving.uploads import own_name
from predictors.workbench.bench import Workbench
from predictors.workbench.documents.incoming import Taken, order_of
from predictors.workbench.documents.outgoing import Export
from predictors.workbench.routes.common import ERRORS, LARGEST_ID, PREFIX, from_our_page
from predictors.workbench.store.lines import as_values
from predictors.workbench.store.tables import DONE, UNREADABLE, Collection, Job, Line, Page
from predictors.workbench.work.ranking import next_lines
from predictors.workbench.work.reading import Wish, reader_names

EXAMPLES = Path(__file__).parent.parent / "examples"
LONGEST_MINUTES = 24 * 60

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class NewCollection(BaseModel):
    """A collection to be made."""

    name: Name


class Settings(BaseModel):
    """What of a collection is changed; what is left out stays."""

    name: Name | None = None
    reader: str | None = None
    language: str | None = None
    erase: str | None = None


class ReadWish(BaseModel):
    """Which pages are read (none named: all), and whether their lines are looked for anew."""

    pages: list[Id] | None = None
    find: bool = False


class LearnWish(BaseModel):
    """How long a reader shall learn."""

    minutes: Annotated[float, Field(gt=0, le=LONGEST_MINUTES)]


def collections_router(bench: Workbench) -> APIRouter:
    """The routes about collections."""
    router = APIRouter(prefix=PREFIX, tags=["collections"], responses=ERRORS)
    archive = bench.archive
    changing = [Depends(from_our_page)]

    @router.get("/collections", summary="All collections, with how far they are")
    def listed() -> list[dict[str, Any]]:
        with archive.reading() as session:
            return [about(session, collection) for collection in session.scalars(select(Collection).order_by(Collection.id))]

    @router.post("/collections", summary="Makes an empty collection", dependencies=changing)
    def make(wish: NewCollection) -> dict[str, Any]:
        with archive.writing() as session:
            return about(session, made(session, wish.name))

    @router.post("/examples", summary="Makes a collection of three pages to play with", dependencies=changing)
    def make_examples(wish: NewCollection) -> dict[str, Any]:
        with archive.writing() as session:
            collection_id = made(session, wish.name).id
        for path in sorted(EXAMPLES.glob("*.jpg")):
            with path.open("rb") as file:
                bench.importer(collection_id).take(file, path.name)
        with archive.reading() as session:
            return about(session, session.get_one(Collection, collection_id))

    @router.get("/collections/{collection_id}", summary="One collection, and what it can be read with")
    def one(collection_id: Id) -> dict[str, Any]:
        with archive.reading() as session:
            found = about(session, session.get_one(Collection, collection_id))
            kinds = {"readers": reader_names(session), "languages": choices("language"), "erasing": choices("erase")}
            return {
                **found,
                "choices": kinds,
                "minutes": bench.settings.minutes,
                "characters": bench.characters,
                "store": archive.identity,
            }

    @router.patch("/collections/{collection_id}", summary="Changes its name or how it is read", dependencies=changing)
    def change(collection_id: Id, settings: Settings) -> dict[str, Any]:
        with archive.writing() as session:
            collection = session.get_one(Collection, collection_id)
            for key in settings.model_fields_set:
                value = getattr(settings, key)
                if value is not None or key == "language":
                    setattr(collection, key, value)
            Wish(collection.reader, collection.language, collection.erase).check(session)
            return about(session, collection)

    @router.delete("/collections/{collection_id}", summary="Deletes it with its pages", dependencies=changing)
    def remove(collection_id: Id) -> dict[str, Any]:
        bench.remove_collection(collection_id)
        return {}

    @router.get("/collections/{collection_id}/pages", summary="Its pages in their order, with how far they are")
    def pages(collection_id: Id) -> list[dict[str, Any]]:
        with archive.reading() as session:
            session.get_one(Collection, collection_id)
            return page_rows(session, collection_id)

    @router.post("/collections/{collection_id}/files", summary="Takes a file into it", dependencies=changing)
    def take(
        collection_id: Id,
        file: Annotated[UploadFile, File(description="an image, TIFF, PDF, PAGE, ALTO, labels.tsv, or a ZIP file of these")],
    ) -> dict[str, Any]:
        with archive.reading() as session:
            session.get_one(Collection, collection_id)
        with bench.importing:
            taken: Taken = bench.importer(collection_id).take(file.file, file.filename or "")
        return {"pages": taken.pages, "notes": [{"name": own_name(name), "reason": why} for name, why in taken.notes]}

    @router.post("/collections/{collection_id}/sort", summary="Puts its pages in the order of their names", dependencies=changing)
    def sort(collection_id: Id) -> dict[str, Any]:
        with archive.writing() as session:
            session.get_one(Collection, collection_id)
            found = session.scalars(select(Page).where(Page.collection_id == collection_id)).all()
            for place, page in enumerate(sorted(found, key=lambda page: (order_of(page.name), page.file, page.number))):
                page.place = place
        return {}

    @router.get("/collections/{collection_id}/export", summary="Its pages in another format", response_class=FileResponse)
    def export(
        collection_id: Id,
        kind: Literal["page", "alto", "txt", "pdf", "tsv", "training"],
        pictures: Annotated[bool, Query(description="of PAGE and ALTO: with the pictures beside them")] = True,
        pages: Annotated[list[Id] | None, Query(description="none for all")] = None,
    ) -> FileResponse:
        with archive.reading() as session:
            collection = session.get_one(Collection, collection_id)
            wanted = chosen_pages(session, collection_id, pages)
        path = Export(archive, wanted).write(kind, with_pictures=pictures)
        name = own_name(collection.name).rpartition(".")[0] or own_name(collection.name)
        return FileResponse(path, filename=f"{name}_{kind}{path.suffix}", background=BackgroundTask(path.unlink))

    @router.post("/collections/{collection_id}/read", summary="Reads pages, one after the other", dependencies=changing)
    def read(collection_id: Id, wish: ReadWish) -> dict[str, Any]:
        with archive.reading() as session:
            session.get_one(Collection, collection_id)
            wanted = chosen_pages(session, collection_id, wish.pages)
        return job_values(bench.ask_to_read(collection_id, wanted, find=wish.find))

    @router.post(
        "/collections/{collection_id}/learn", summary="Lets a reader learn from the lines that are done", dependencies=changing
    )
    def learn(collection_id: Id, wish: LearnWish) -> dict[str, Any]:
        values = job_values(bench.learning.ask(collection_id, wish.minutes))
        bench.wake()
        return values

    @router.get("/collections/{collection_id}/jobs", summary="What is read and learned, the newest first")
    def jobs(collection_id: Id) -> list[dict[str, Any]]:
        with archive.reading() as session:
            session.get_one(Collection, collection_id)
            found = session.scalars(select(Job).where(Job.collection_id == collection_id).order_by(Job.id.desc()).limit(50))
            return [job_values(job) for job in found]

    @router.get("/collections/{collection_id}/next", summary="The lines from which a reader would learn most")
    def next_ones(collection_id: Id, count: Annotated[int, Query(ge=1, le=500)] = 20) -> list[dict[str, Any]]:
        with archive.reading() as session:
            session.get_one(Collection, collection_id)
            return [as_values(line) for line in next_lines(session, collection_id, count)]

    return router


def made(session: Session, name: str) -> Collection:
    """A new collection."""
    collection = Collection(name=name)
    session.add(collection)
    session.flush()
    return collection


def about(session: Session, collection: Collection) -> dict[str, Any]:
    """A collection as JSON, with how many pages and lines it has, and how many of these are done."""
    pages = session.scalar(select(func.count()).select_from(Page).where(Page.collection_id == collection.id))
    counted = select(*line_counts()).select_from(Line).join(Page)
    lines, done, unreadable = session.execute(
        counted.where(Page.collection_id == collection.id, Line.is_deleted.is_(False))
    ).one()
    keys = ("id", "name", "reader", "language", "erase", "made")
    values = {key: getattr(collection, key) for key in keys}
    return {**values, "pages": pages, "lines": lines, "done": done or 0, "unreadable": unreadable or 0}


def line_counts() -> list[Any]:
    """Columns: lines, those that are done, those that nobody can read."""
    return [func.count(Line.id), *(func.sum(case((Line.state == state, 1), else_=0)) for state in (DONE, UNREADABLE))]


def page_rows(session: Session, collection_id: int) -> list[dict[str, Any]]:
    """The pages of a collection as JSON."""
    keys = ("id", "place", "name", "number", "count", "width", "height", "is_searched", "note")
    columns = [getattr(Page, key) for key in keys]
    counted = (
        select(*columns, *line_counts())
        .outerjoin(Line, (Line.page_id == Page.id) & Line.is_deleted.is_(False))
        .where(Page.collection_id == collection_id)
        .group_by(Page.id)
        .order_by(Page.place)
    )
    names = (*keys, "lines", "done", "unreadable")
    return [dict(zip(names, row, strict=True)) for row in session.execute(counted)]


def chosen_pages(session: Session, collection_id: int, wanted: list[int] | None) -> list[int]:
    """The pages of a collection, or those of them that are wanted; raises HTTPException for others."""
    known = list(session.scalars(select(Page.id).where(Page.collection_id == collection_id).order_by(Page.place)))
    if wanted is None:
        return known
    if strange := set(wanted) - set(known):
        raise HTTPException(404, f"this collection has no page {min(strange)}")
    return [page for page in known if page in set(wanted)]


def job_values(job: Job) -> dict[str, Any]:
    """A job as JSON."""
    keys = ("id", "collection_id", "kind", "state", "done", "total", "message", "result", "made", "ended")
    options = {key: value for key, value in job.options.items() if key != "pages"}
    return json.loads(json.dumps({**{key: getattr(job, key) for key in keys}, "options": options}))
