"""What comes into a collection: pictures, PDF, PAGE and ALTO, tables of texts, and ZIP files of these."""

import lzma
import os
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.errors import UserError
from predictors.serving.uploads import MEGA, own_name
from predictors.workbench.documents.described import described_lines, turn_as_meant, whole_line
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.lines import clean_text
from predictors.workbench.store.pictures import WIDTHS_PX, hash_of
from predictors.workbench.store.tables import Line, Page
from preprocessing.pages.formats import parse_any
from preprocessing.pages.layout import BrokenPage
from utils.files.images import IMAGE_SUFFIXES, UnreadableImage
from utils.files.pdf_pages import SUFFIX as PDF
from utils.files.pictures import page_sizes
from utils.files.tables import read_table

ZIP, XML, TABLE = ".zip", ".xml", ".tsv"
KNOWN_SUFFIXES = {*IMAGE_SUFFIXES, PDF, ZIP, XML, TABLE}
BROKEN_ENTRY = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    EOFError,
    RuntimeError,
    OSError,
)  # of ZIP files
LARGEST_XML_BYTES = 16 * 2**20  # of one page; its tree takes thirty times as much memory
BLOCK_BYTES = 2**20
LONGEST_NAME = 400  # characters, of a page
MOST_ENTRIES = 20_000  # of a ZIP file
MOST_RATIO = 300  # of what is in a ZIP file to its own size; pictures and XML do not come near
COLUMNS = ("image", "text")


class Refused(Exception):
    """A file is not taken; the message is one line without its name."""


@dataclass(frozen=True)
class Limits:
    """What a file may be.

    Attributes:
        bytes: of a file, or of all files in a ZIP.
        megapixels: of a page.
        pages: of a file.
    """

    bytes: int
    megapixels: int
    pages: int


@dataclass
class Taken:
    """What came of an import.

    Attributes:
        pages: the numbers of new pages, and of those that got lines.
        notes: name and reason, of each file that was not taken.
    """

    pages: list[int] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def suffix_of(name: str) -> str:
    """A name's suffix in lower case."""
    return Path(name).suffix.lower()


@dataclass(frozen=True)
class Import:
    """Takes files into a collection, one after the other; each whole or not at all.

    Args:
        archive: the store.
        collection_id: the collection.
        limits: of files.
    """

    archive: Archive
    collection_id: int
    limits: Limits

    def take(self, file: IO[bytes], name: str) -> Taken:
        """Takes a file that somebody sent.

        Args:
            file: its content.
            name: what it was called; folders in it are part of the page's name, and of no path.
        """
        taken = Taken()
        with self._aside(file, suffix_of(name)) as path:
            if path is None:
                taken.notes.append((name, f"it is larger than {self.limits.bytes // 2**20} MiB"))
            elif suffix_of(name) == ZIP:
                self._take_zip(path, name, taken)
            else:
                self._take_one(path, name, taken)
        return taken

    @contextmanager
    def _aside(self, file: IO[bytes], suffix: str) -> Iterator[Path | None]:
        """The content of a file in the store's own folder, under a name of its own; None for too large a one."""
        path = self.archive.aside("incoming") / f"{uuid.uuid4().hex}{suffix if suffix in KNOWN_SUFFIXES else ''}"
        try:
            with path.open("wb") as copy:
                left = self.limits.bytes
                while left >= 0 and (block := file.read(BLOCK_BYTES)):
                    left -= len(block)
                    copy.write(block)
                copy.flush()
                os.fsync(copy.fileno())
            yield path if left >= 0 else None
        finally:
            path.unlink(missing_ok=True)

    def _take_one(self, path: Path, name: str, taken: Taken) -> None:
        suffix = suffix_of(name)
        try:
            if not path.stat().st_size:
                raise Refused("the file is empty")
            if suffix in IMAGE_SUFFIXES or suffix == PDF:
                taken.pages += self._take_pictures(path, name)
            elif suffix == XML:
                taken.pages.append(self._take_description(path, name, taken))
            elif suffix == TABLE:
                taken.pages += self._take_table(path, name, taken)
            else:
                raise Refused("images, PDF, PAGE or ALTO (.xml), labels.tsv and ZIP files of these are taken")
        except (Refused, UnreadableImage, BrokenPage, UserError) as error:
            taken.notes.append((name, str(error).replace(str(path), name)))
        except IntegrityError:
            taken.notes.append((name, "the collection is not there any more"))

    def _take_zip(self, path: Path, name: str, taken: Taken) -> None:
        """Pictures first, then what describes them; names in the file are names of pages, and no paths."""
        try:
            with zipfile.ZipFile(path) as packed:
                entries = [entry for entry in packed.infolist() if is_meant(entry)]
                if (fault := self._fault(entries, path)) is not None:
                    taken.notes.append((name, fault))
                    return
                for entry in sorted(entries, key=lambda entry: order_of(entry.filename)):
                    self._take_entry(packed, entry, taken)
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            taken.notes.append((name, f"the ZIP file cannot be read ({error})"))

    def _take_entry(self, packed: zipfile.ZipFile, entry: zipfile.ZipInfo, taken: Taken) -> None:
        if entry.flag_bits & 1:
            taken.notes.append((entry.filename, "it is encrypted"))
            return
        try:
            with packed.open(entry) as file, self._aside(file, suffix_of(entry.filename)) as copy:
                assert copy is not None  # what the ZIP file says of sizes is checked, and Python keeps to it
                self._take_one(copy, entry.filename, taken)
        except BROKEN_ENTRY as error:
            taken.notes.append((entry.filename, f"it cannot be unpacked ({error})"))

    def _fault(self, entries: list[zipfile.ZipInfo], path: Path) -> str | None:
        """Why a ZIP file is not unpacked; None where it is."""
        size = sum(entry.file_size for entry in entries)
        if len(entries) > MOST_ENTRIES:
            return f"it holds {len(entries)} files, and {MOST_ENTRIES} are allowed"
        if size > self.limits.bytes:
            return f"what it holds is larger than {self.limits.bytes // 2**20} MiB"
        if size > MOST_RATIO * max(path.stat().st_size, BLOCK_BYTES // MOST_RATIO):
            return f"what it holds is more than {MOST_RATIO} times as large as it is: that is no scan"
        return None

    def _take_pictures(self, path: Path, name: str) -> list[int]:
        """The pages of a picture, a TIFF or a PDF."""
        sizes = page_sizes(path, self.limits.pages + 1)
        if len(sizes) > self.limits.pages:
            raise Refused(f"it has more than {self.limits.pages} pages")
        if max(width * height for width, height in sizes) > self.limits.megapixels * MEGA:
            raise Refused(f"a page of it has more than {self.limits.megapixels} megapixels")
        with self.archive.pictures.keeping:
            if self._has(f"{hash_of(path)}{suffix_of(name)}", page_name(name)):
                raise Refused("this collection has it already")
            file = self.archive.pictures.take(path, suffix_of(name))
            try:
                return self._add_pages(file, name, sizes)
            except BaseException:
                self._forget(file)
                raise

    def _add_pages(self, file: str, name: str, sizes: list[tuple[int, int]]) -> list[int]:
        """Makes the pages that show a file; raises UnreadableImage where the first of them cannot be drawn."""
        pages = [
            Page(
                collection_id=self.collection_id,
                name=page_name(name),
                file=file,
                number=number,
                count=len(sizes),
                is_upright=True,
                width=width,
                height=height,
            )
            for number, (width, height) in enumerate(sizes)
        ]
        self.archive.pictures.shown(pages[0], WIDTHS_PX[0])
        with self.archive.writing() as session:
            for place, page in enumerate(pages, start=next_place(session, self.collection_id)):
                page.place = place
            session.add_all(pages)
            session.flush()
            return [page.id for page in pages]

    def _has(self, file: str, name: str) -> bool:
        """Whether a page of the collection shows a file of this name already."""
        with self.archive.reading() as session:
            same = (Page.collection_id == self.collection_id, Page.file == file, Page.name == name)
            return session.scalar(select(Page.id).where(*same).limit(1)) is not None

    def _forget(self, file: str) -> None:
        """Throws a file away that no page shows."""
        with self.archive.reading() as session:
            if session.scalar(select(func.count()).where(Page.file == file)) == 0:
                self.archive.pictures.remove(file)

    def _take_description(self, path: Path, name: str, taken: Taken) -> int:
        """The lines of a PAGE or ALTO file, onto the page whose picture it names, or that is called as it is."""
        if path.stat().st_size > LARGEST_XML_BYTES:
            raise Refused(f"it is larger than {LARGEST_XML_BYTES // 2**20} MiB")
        layout, _ = parse_any(path.read_bytes())
        with self.archive.reading() as session:
            page = self._names(session).find(beside(name, layout.image), name)
        if page is None:
            wanted = PurePosixPath(layout.image.replace("\\", "/")).name or f"{Path(name).stem}.*"
            raise Refused(f"this collection has no page {wanted}: import the picture first, or both in one ZIP file")
        turn_as_meant(page, layout)
        lines = described_lines(page, layout, self.archive.pictures.grey(page))
        with self.archive.writing() as session:
            check_untouched(session, page)
            session.execute(delete(Line).where(Line.page_id == page.id))
            session.add_all(lines)
            own = session.get_one(Page, page.id)
            own.is_searched, own.is_upright, own.width, own.height = True, page.is_upright, page.width, page.height
        if len(lines) < len(layout.lines):
            taken.notes.append((name, f"{len(layout.lines) - len(lines)} lines say nothing of where they are, and are left out"))
        return page.id

    def _take_table(self, path: Path, name: str, taken: Taken) -> list[int]:
        """The texts of pictures of lines: each becomes a page of one line, which is done where it has a text."""
        pages = []
        with self.archive.writing() as session:
            names = self._names(session)
            touched = touched_pages(session, self.collection_id)
            for number, row in read_table(path, COLUMNS):
                page = names.here(beside(name, row["image"]))
                if page is None:
                    taken.notes.append((f"{name}:{number}", f"beside it this collection has no picture {row['image']}"))
                elif page.id in touched:
                    taken.notes.append((f"{name}:{number}", f"{page.name} has lines that were worked on: they stay"))
                else:
                    session.execute(delete(Line).where(Line.page_id == page.id))
                    session.add(whole_line(page, clean_text(row["text"])))
                    session.get_one(Page, page.id).is_searched = True
                    pages.append(page.id)
        return pages

    def _names(self, session: Session) -> "PageNames":
        """The pages of the collection by their names."""
        return PageNames(list(session.scalars(select(Page).where(Page.collection_id == self.collection_id).order_by(Page.id))))


class PageNames:
    """Pages by their names without suffix; of several of one name the last.

    Args:
        pages: the oldest first.
    """

    def __init__(self, pages: list[Page]) -> None:
        self._by_path = {PurePosixPath(page.name).with_suffix("").as_posix().casefold(): page for page in pages}
        self._by_stem = {PurePosixPath(page.name).stem.casefold(): page for page in pages}

    def here(self, name: str) -> Page | None:
        """The page of a name, its folder included."""
        return self._by_path.get(PurePosixPath(page_name(name)).with_suffix("").as_posix().casefold())

    def find(self, *names: str) -> Page | None:
        """The page of the first of some names that there is, in its folder, or else in any."""
        for name in names:
            if page := self.here(name) or self._by_stem.get(PurePosixPath(page_name(name)).stem.casefold()):
                return page
        return None


def is_meant(entry: zipfile.ZipInfo) -> bool:
    """Whether a ZIP file's entry is a document: no folder, nothing hidden, nothing that macOS puts beside files."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    return not entry.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in parts)


def order_of(name: str) -> tuple[int, list[Any]]:
    """Pictures before what describes them; numbers in names count as numbers."""
    kind = {XML: 1, TABLE: 2}.get(suffix_of(name), 0)
    return kind, [natural(part) for part in PurePosixPath(name.replace("\\", "/")).parts]


def natural(name: str) -> list[Any]:
    """A key that sorts page 2 before page 10."""
    parts, digits = [], ""
    for character in name.casefold() + "\0":
        if character.isdecimal() and character.isascii():
            digits += character
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, character))
    return parts


def page_name(name: str) -> str:
    """What a page is called: as its file is, with the folders that it lay in; there is nothing in it that leads anywhere."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(own_name(part) for part in parts)[-LONGEST_NAME:].lstrip("/") or own_name("")


def beside(name: str, other: str) -> str:
    """The name of a file that another one names: in the other's own folder."""
    other = other.replace("\\", "/")
    folder = name.replace("\\", "/").rpartition("/")[0]
    return f"{folder}/{other}" if folder else other


def next_place(session: Session, collection_id: int) -> int:
    """The place behind the last page of a collection."""
    last = session.scalar(select(func.max(Page.place)).where(Page.collection_id == collection_id))
    return 0 if last is None else last + 1


def check_untouched(session: Session, page: Page) -> None:
    """Raises Refused where somebody has worked on a page."""
    if page.id in touched_pages(session, page.collection_id):
        raise Refused(f"{page.name} has lines that were worked on: they are not overwritten; import it into another collection")


def touched_pages(session: Session, collection_id: int) -> set[int]:
    """The pages of a collection that have lines which somebody typed or drew."""
    there = (Line.is_deleted.is_(False), or_(Line.is_typed, Line.is_drawn))
    return set(session.scalars(select(Line.page_id).join(Page).where(Page.collection_id == collection_id, *there).distinct()))
