"""Pages as XML describes them: lines with their polygon, baseline and text, in reading order."""

from dataclasses import dataclass, field

import numpy as np
from lxml import etree

from base.errors import UserError
from preprocessing.text.transcription import Mark
from utils.files.page_images import same_shape

LARGEST_XML_BYTES = 64 * 2**20


class BrokenPage(Exception):
    """A page description cannot be used; the message is one line that names the line of the file where it can."""


class WrongFormat(BrokenPage):
    """An XML file of another format."""


@dataclass(frozen=True)
class TextLine:
    """A line of a page, in pixels of the page as the XML counts them.

    Attributes:
        identity: the line's id in the XML.
        number: the line of the XML file that it stands on.
        text: its transcription as it is written there.
        polygon: float (n, 2) x and y of its outline, or None.
        baseline: float (m, 2), m at least 2, as the file has it, or None.
        marks: annotations of parts of the text.
        path: where its element stands in the XML, which is unique.
        fault: what is wrong with its description, or empty; then it has neither an outline nor a baseline.
    """

    identity: str
    number: int
    text: str
    polygon: np.ndarray | None
    baseline: np.ndarray | None
    marks: tuple[Mark, ...] = ()
    path: str = ""
    fault: str = ""


@dataclass(frozen=True)
class PageLayout:
    """A page: its image's name, its size (width, height) as the XML counts, its lines in reading order."""

    image: str
    size: tuple[float, float]
    lines: list[TextLine] = field(default_factory=list)


def parse_xml(content: bytes, *, keep_comments: bool = False) -> etree._Element:
    """The root of an XML file; entities are not resolved and nothing is fetched.

    Args:
        content: of the file.
        keep_comments: and processing instructions, for a file that is to be written again.

    Raises:
        BrokenPage: it is not well-formed, too large, or holds entities of its own.
    """
    if len(content) > LARGEST_XML_BYTES:
        raise BrokenPage(f"the file is larger than {LARGEST_XML_BYTES // 2**20} MiB")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=not keep_comments,
        remove_pis=not keep_comments,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise BrokenPage(f"line {line}, column {column}: it is not well-formed XML ({error.msg})") from error
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and any(True for _ in document_type.iterentities()):
        raise BrokenPage("line 1: it declares entities, which page descriptions do not need: delete <!DOCTYPE ...>")
    if any(True for _ in root.iter(etree.Entity)):
        raise BrokenPage("it holds entities that nothing explains, such as &eacute;: write the characters themselves")
    return root


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The children of a name, whatever their namespace."""
    return [child for child in element if local_name(child) == name]


def number_of(element: etree._Element, name: str, default: float | None = None) -> float:
    """An attribute as a number; the default where it is missing or empty.

    Raises:
        BrokenPage: it is not a number, or it is missing and there is no default.
    """
    value = element.get(name)
    if not (value or "").strip() and default is not None:
        return default
    try:
        number = float(value or "")
        if not np.isfinite(number):
            raise ValueError("not finite")
        return number
    except ValueError as error:
        raise BrokenPage(f"line {element.sourceline}: {local_name(element)} needs a number {name}, not {value!r}") from error


def faulty_line(element: etree._Element, identity: str, fault: BrokenPage) -> TextLine:
    """A line that is described wrongly."""
    path = element.getroottree().getpath(element)
    return TextLine(identity, element.sourceline or 0, "", None, None, path=path, fault=str(fault))


def points_of(text: str, element: etree._Element) -> np.ndarray | None:
    """Points as ``x,y x,y`` or ``x y x y``, float (n, 2); None for none at all.

    Raises:
        BrokenPage: the numbers do not make pairs.
    """
    numbers = text.replace(",", " ").split()
    try:
        points = np.array(numbers, dtype=float)
        if len(points) % 2 or not np.isfinite(points).all():
            raise ValueError("an odd count, or not finite")
    except ValueError as error:
        raise BrokenPage(f"line {element.sourceline}: {text[:40]!r} is not a list of points x,y") from error
    return points.reshape(-1, 2) if len(points) else None


def scale_between(size: tuple[float, float], image_HW: tuple[int, ...]) -> float:
    """Image pixels a unit of the XML, which may count in tenths of millimetres or in another resolution's pixels.

    Raises:
        UserError: page and image have not the same shape.
    """
    (width, height), (rows, columns) = size, image_HW[:2]
    if width <= 0 or height <= 0:
        return 1.0
    if not same_shape(size, image_HW):
        raise UserError(f"its page is {width:.0f}x{height:.0f}, its image {columns}x{rows}: they are not the same page")
    return columns / width
