"""The tables of a store."""

import base64
from datetime import UTC, datetime
from typing import Any, ClassVar

import numpy as np
from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

OPEN, DONE, UNREADABLE = "open", "done", "unreadable"
LINE_STATES = (OPEN, DONE, UNREADABLE)
WAITING, RUNNING, FINISHED, FAILED, CANCELLED = "waiting", "running", "finished", "failed", "cancelled"
JOB_ENDS = (FINISHED, FAILED, CANCELLED)


def packed(content: np.ndarray | None) -> str | None:
    """What a network found in a line (`predictors.reading.ranking.content_of`) as a text of half-precision numbers in base64."""
    return None if content is None else base64.b64encode(content.astype("<f2").tobytes()).decode()


def unpacked(text: str) -> np.ndarray:
    """What `packed` has packed, float32."""
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)


def now() -> str:
    """The time in UTC, to the second, ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Base(DeclarativeBase):
    """Of all tables."""

    type_annotation_map: ClassVar = {dict[str, Any]: JSON, list[Any]: JSON, str: Text}


ONCE = {"sqlite_autoincrement": True}  # a number is never given again: what is kept elsewhere by numbers stays right


class Collection(Base):
    """Documents that belong together: one hand, one archive, one project.

    Attributes:
        reader: what reads its lines: a name of `Reader`, or ``default``.
        language: of the language model; None for the reader's own decoder.
        erase: ``auto``, ``always`` or ``never``, see task=pages.
    """

    __tablename__ = "collection"
    __table_args__ = ONCE

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str]
    reader: Mapped[str] = mapped_column(Text, default="default")
    language: Mapped[str | None]
    erase: Mapped[str] = mapped_column(Text, default="auto")
    made: Mapped[str] = mapped_column(Text, default=now)


class Page(Base):
    """A page: one picture of a file that came in.

    Attributes:
        place: among the pages of its collection, from 0 on.
        file: the picture's name in the store, see `Pictures`.
        number: which page of that file, from 0 on; ``count`` of them it has.
        is_upright: whether the picture is turned as EXIF says; descriptions may mean the pixels as they lie in the file.
        width, height: pixels.
        is_searched: whether its lines were looked for, or came with it.
        note: what went wrong with it, or empty.
    """

    __tablename__ = "page"
    __table_args__ = (Index("page_of_collection", "collection_id", "place"), ONCE)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    place: Mapped[int]
    name: Mapped[str]
    file: Mapped[str]
    number: Mapped[int] = mapped_column(Integer, default=0)
    count: Mapped[int] = mapped_column(Integer, default=1)
    is_upright: Mapped[bool] = mapped_column(Boolean, default=True)
    width: Mapped[int]
    height: Mapped[int]
    dpi: Mapped[float | None]
    is_searched: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    made: Mapped[str] = mapped_column(Text, default=now)


class Line(Base):
    """A line of a page.

    Attributes:
        place: where it stands in reading order; any number, so that another fits between two.
        block: lines of one stand below each other.
        baseline, outline: points x, y in the page's pixels.
        x_height: pixels.
        text: what stands there, as far as is known.
        state: ``open``; ``done``, when a person says so; or ``unreadable``.
        is_typed: whether a person has set its text or state, or a file did: then no reader overwrites it.
        is_drawn: the same of its baseline: then it stays where lines are looked for anew.
        read_text: what a reader read last, with its ``confidence`` (0..1), ``doubt`` (how many characters are expected to be
            wrong), ``words`` (text, confidence, left and right as parts of the line's length), ``alternatives`` (text, share)
            and ``content``, see `packed`.
        version: counts its changes.
        is_deleted: it is kept, so that it can come back.
    """

    __tablename__ = "line"
    __table_args__ = (Index("line_of_page", "page_id", "is_deleted", "place", "state"), ONCE)  # counting reads no line

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    place: Mapped[float]
    block: Mapped[int] = mapped_column(Integer, default=0)
    baseline: Mapped[list[Any]]
    outline: Mapped[list[Any]]
    x_height: Mapped[float] = mapped_column(Float, default=0.0)
    text: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12), default=OPEN)
    is_typed: Mapped[bool] = mapped_column(Boolean, default=False)
    is_drawn: Mapped[bool] = mapped_column(Boolean, default=False)
    read_text: Mapped[str | None]
    confidence: Mapped[float | None]
    doubt: Mapped[float | None]
    words: Mapped[list[Any]] = mapped_column(JSON, default=list)
    alternatives: Mapped[list[Any]] = mapped_column(JSON, default=list)
    content: Mapped[str | None] = mapped_column(Text, deferred=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    is_deleted: Mapped[bool] = mapped_column(Boolean, default=False)


class Change(Base):
    """What a person did to lines, so that it can be seen and undone.

    Attributes:
        kind: such as ``text`` or ``split``.
        before, after: of each line, by its number, the values that changed.
        undoes: the change that this one takes back.
    """

    __tablename__ = "change"
    __table_args__ = (Index("change_of_page", "page_id", "id"), ONCE)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    kind: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("change.id", ondelete="CASCADE"))
    made: Mapped[str] = mapped_column(Text, default=now)


class Job(Base):
    """Something that takes long: reading pages, or learning.

    Attributes:
        kind: ``read`` or ``learn``.
        options: what was asked for.
        done, total: how far it is.
        result: what came of it.
        process: of a learning, when it was begun last, and how often.
    """

    __tablename__ = "job"
    __table_args__ = ONCE

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(String(12), default=WAITING, index=True)
    options: Mapped[dict[str, Any]]
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    process: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    made: Mapped[str] = mapped_column(Text, default=now)
    ended: Mapped[str | None]


class Reader(Base):
    """A reader that learned from a collection.

    Attributes:
        name: as it is shown and chosen.
        bundle: its folder.
        result: what was measured, see mode=learn.
    """

    __tablename__ = "reader"
    __table_args__ = ONCE

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    bundle: Mapped[str]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    made: Mapped[str] = mapped_column(Text, default=now)
