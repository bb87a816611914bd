"""What goes out of a collection: pages in the formats of other programs, and lines to train on."""

import csv
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from base.errors import UserError
from base.page import ReadLine, ReadPage
from base.registry import PAGE_FORMATS
from predictors.page_formats.pdf import bind
from predictors.pages import PLAUSIBLE_DPI, word_on_page
from predictors.reading.confidence import Span
from predictors.serving.uploads import own_name
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.lines import as_found, lines_of
from predictors.workbench.store.tables import DONE, UNREADABLE, Line, Page
from preprocessing.pages.line_cutting import cut_line
from utils.files.images import UnreadableImage, as_grey, encode_png, write_page

XML_FORMATS = ("page", "alto")
FORMATS = (*XML_FORMATS, "txt", "pdf", "tsv", "training")
TABLE = "labels.tsv"
HELD_OUT = 0.2  # of the lines that are done: whole pages, to measure on
TRAIN, HELD = "train", "val"


@dataclass(frozen=True)
class Export:
    """Writes pages of a collection, one after the other, so that memory does not grow with them.

    Args:
        archive: the store.
        page_ids: the pages, in their order.
    """

    archive: Archive
    page_ids: list[int]

    def write(self, kind: str, *, with_pictures: bool) -> Path:
        """Writes one file that holds the pages.

        Args:
            kind: one of `FORMATS`.
            with_pictures: of XML: whether the pictures lie beside it.

        Returns:
            A PDF, a table, or a ZIP file, in the store's folder of what goes out; it is the caller's to delete.
        """
        suffix = {"pdf": ".pdf", "tsv": ".tsv"}.get(kind, ".zip")
        path = self.archive.aside("outgoing") / f"{uuid.uuid4().hex}{suffix}"
        writers: dict[str, Callable[[Path], None]] = {"pdf": self._write_pdf, "tsv": self._write_table}
        writers |= {"training": self._write_training}
        try:
            if kind in writers:
                writers[kind](path)
            else:
                self._write_pages(path, kind, with_pictures)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _write_pages(self, path: Path, kind: str, with_pictures: bool) -> None:
        """A file for each page in one ZIP file."""
        names = Names()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed, TemporaryDirectory(dir=path.parent) as folder:
            for page, lines in self._pages():
                stem = names.of(page)
                picture = f"{stem}{picture_suffix(page)}"
                read = as_read(page, lines, self._pixels(page), picture)
                file = PAGE_FORMATS.get(kind)(read, Path(folder) / stem)
                packed.write(file, file.name)
                file.unlink()
                if with_pictures and kind in XML_FORMATS:
                    self._add_picture(packed, page, picture, Path(folder))

    def _add_picture(self, packed: zipfile.ZipFile, page: Page, name: str, folder: Path) -> None:
        """The picture as it came, where a file has but one, else that of the page."""
        if page.count == 1 and picture_suffix(page) != ".png":
            packed.write(self.archive.pictures.path(page.file), name, zipfile.ZIP_STORED)
            return
        try:
            opened = self.archive.pictures.page(page)
        except UnreadableImage:  # its XML goes out alone
            return
        write_page(opened, opened.pixels, folder / name)
        packed.write(folder / name, name, zipfile.ZIP_STORED)
        (folder / name).unlink()

    def _write_pdf(self, path: Path) -> None:
        """One searchable PDF of all pages."""
        with TemporaryDirectory(dir=path.parent) as folder:
            parts = [
                PAGE_FORMATS.get("pdf")(as_read(page, lines, self._pixels(page), page.name), Path(folder) / f"{number:06d}")
                for number, (page, lines) in enumerate(self._pages())
            ]
            bind(Path("pages"), parts, path)

    def _write_table(self, path: Path) -> None:
        """Each line's page, text and state, for a spreadsheet."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
            writer.writerow(["page", "number", "line", "text", "state", "confidence"])
            for page, lines in self._pages():
                for number, line in enumerate(lines, start=1):
                    text = " ".join(line.text.split())
                    sure = "" if line.confidence is None else f"{line.confidence:.4f}"
                    writer.writerow([" ".join(page.name.split()), page.number + 1, number, text, line.state, sure])

    def _write_training(self, path: Path) -> None:
        """A folder to train on, packed."""
        with TemporaryDirectory(dir=path.parent) as folder:
            if not sum(self.write_training(Path(folder)).values()):
                raise UserError("no line is done yet: there is nothing to train on")
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
                for file in sorted(Path(folder).rglob("*")):
                    if file.is_file():
                        packed.write(file, file.relative_to(folder).as_posix())

    def write_training(self, folder: Path) -> dict[str, int]:
        """Writes the lines that are done, with their texts, as ``data=folder`` reads them; returns how many each split has.

        Whole pages are held out for measuring, see `held_out`.
        """
        with self.archive.reading() as session:
            done = done_lines(session, self.page_ids)
            pages = {page.id: page for page in session.scalars(select(Page).where(Page.id.in_({line.page_id for line in done})))}
        held, alone = held_out(done), len(pages) == 1
        (folder / "images").mkdir(parents=True)
        counts = {TRAIN: 0, HELD: 0}
        with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
            file.write("image\ttext\tgroup\tsplit\n")
            for page_id, lines in groupby(done, key=lambda line: line.page_id):
                try:
                    grey = self.archive.pictures.grey(pages[page_id])
                except UnreadableImage:  # there is nothing to learn from it
                    continue
                for line in lines:
                    picture = cut_of(grey, line)
                    if isinstance(picture, UnreadableImage):
                        continue
                    name, text = f"images/{line.id:06d}.png", " ".join(line.text.split())
                    (folder / name).write_bytes(encode_png(picture))
                    split = HELD if line.id in held else TRAIN
                    group = f"page_{page_id}_line_{line.id}" if alone else f"page_{page_id}"  # no group is in two splits
                    file.write(f"{name}\t{text}\t{group}\t{split}\n")
                    counts[split] += 1
        return counts

    def _pages(self) -> Iterator[tuple[Page, list[Line]]]:
        for page_id in self.page_ids:
            with self.archive.reading() as session:
                page = session.get(Page, page_id)
                if page is not None:
                    yield page, lines_of(session, page_id)

    def _pixels(self, page: Page) -> np.ndarray:
        """As they are shown beside the text, uint8 (H, W) or (H, W, 3)."""
        try:
            pixels = self.archive.pictures.page(page).pixels
        except UnreadableImage:
            return np.full((page.height, page.width), 255, np.uint8)
        return pixels if pixels.dtype == np.uint8 and pixels.shape[2:] == (3,) else as_grey(pixels)


class Names:
    """What the files of pages are called: as the pages are, each name once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, page: Page) -> str:
        """The name of a page's files, without suffix."""
        stem = own_name(page.name.replace("/", "_")).rpartition(".")[0] or f"page_{page.id}"
        stem = stem if page.count == 1 else f"{stem}_p{page.number + 1:04d}"
        name, number = stem, 2
        while name.casefold() in self._taken:
            name, number = f"{stem}_{number}", number + 1
        self._taken.add(name.casefold())
        return name


def picture_suffix(page: Page) -> str:
    """Of a page's picture beside its XML: that of its file; pages of several, and those of PDF, have one of their own."""
    return ".png" if page.count > 1 or page.file.endswith(".pdf") else Path(page.file).suffix


def done_lines(session: Session, page_ids: list[int]) -> list[Line]:
    """The lines with a text that a person called done, page by page."""
    chosen = select(Line).where(Line.page_id.in_(page_ids), Line.is_deleted.is_(False), Line.state == DONE, Line.text != "")
    large = (defer(Line.words), defer(Line.alternatives))
    return list(session.scalars(chosen.order_by(Line.page_id, Line.place).options(*large)))


def held_out(lines: list[Line]) -> set[int]:
    """The lines that are measured on and not learned from: about a fifth, whole pages wherever there are two at least.

    The pages with the fewest lines come first, so that most is learned from; of one page every fifth line is held out.
    """
    if len(lines) < 2:
        return set()
    pages = sorted(([line.id for line in own] for _, own in groupby(lines, key=lambda line: line.page_id)), key=len)
    wanted = max(1, round(HELD_OUT * len(lines)))
    if len(pages) == 1:
        return set(pages[0][2::5] or pages[0][-1:])
    held: set[int] = set()
    for page in pages[:-1]:
        if len(held) >= wanted:
            break
        held |= set(page)
    return held


def cut_of(grey: np.ndarray, line: Line) -> np.ndarray | UnreadableImage:
    """A line's picture, level, uint8 (h, w), or why there is none."""
    try:
        return cut_line(grey, np.array(line.outline, float) if line.outline else None, np.array(line.baseline, float))
    except ValueError as error:
        return UnreadableImage(str(error))


def as_read(page: Page, lines: list[Line], pixels: np.ndarray, image: str) -> ReadPage:
    """A page as every format writes it; lines that nobody can read have no text."""
    dpi = page.dpi if page.dpi and PLAUSIBLE_DPI[0] <= page.dpi <= PLAUSIBLE_DPI[1] else None
    corner = np.array([page.width, page.height]) - 1
    blocks = [[as_read_line(line, corner) for line in block] for _, block in groupby(lines, key=lambda line: line.block)]
    return ReadPage(image, pixels, dpi, blocks)


def as_read_line(line: Line, corner: np.ndarray) -> ReadLine:
    """A line as formats write it, no point of it beyond its page's last one; what a person says is sure."""
    found = as_found(line)
    text = "" if line.state == UNREADABLE else line.text
    confidence = 1.0 if line.is_typed or line.confidence is None else line.confidence
    words = [word_on_page(found, span, 1.0) for span in spans_of(line, text, confidence)]
    outline, baseline = (np.clip(np.array(points, float), 0, corner) for points in (line.outline, found.baseline))
    words = [replace(word, outline=np.clip(word.outline, 0, corner)) for word in words]
    return ReadLine(
        f"line_{line.id}",
        baseline,
        outline,
        found.x_height,
        text,
        confidence,
        1.0,
        words,
        list(map(tuple, line.alternatives)),
    )


def spans_of(line: Line, text: str, confidence: float) -> list[Span]:
    """The words of a text with their places, as parts of the line's length: where they were read, else by their letters."""
    read = [Span(*word) for word in line.words]
    if " ".join(word.text for word in read) == text:
        return read
    words, length, at, spans = text.split(), max(1, len(" ".join(text.split()))), 0, []
    for word in words:
        spans.append(Span(word, confidence, at / length, (at + len(word)) / length))
        at += len(word) + 1
    return spans
