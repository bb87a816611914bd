"""ALTO XML, versions 2 to 4."""

import numpy as np
from lxml import etree

from preprocessing.pages.layout import (
    BrokenPage,
    PageLayout,
    TextLine,
    WrongFormat,
    children,
    faulty_line,
    local_name,
    number_of,
    parse_xml,
    points_of,
)
from preprocessing.text.transcription import SOFT_HYPHEN

HYPHEN = "-"


def parse_alto(content: bytes) -> PageLayout:
    """The lines of an ALTO file, in its reading order where it states one (4.3), else as they stand.

    Sizes count in the file's own unit: scale them by the image's width over the page's.

    Raises:
        BrokenPage: it is not ALTO, or a part of it cannot be read.
    """
    root = parse_xml(content)
    pages = [element for element in root.iter() if local_name(element) == "Page"]
    if local_name(root) != "alto" or not pages:
        raise WrongFormat("line 1: it is not ALTO: there is no alto with a Page")
    if len(pages) > 1:
        raise BrokenPage(f"line {pages[1].sourceline}: it holds {len(pages)} pages: write a file for each")
    page = pages[0]
    blocks = [element for element in page.iter() if local_name(element) == "TextBlock"]
    order = _reading_order(root)
    blocks.sort(key=lambda block: order.get(block.get("ID", ""), len(order)))
    lines = [_line_or_fault(line) for block in blocks for line in children(block, "TextLine")]
    names = [element.text or "" for element in root.iter() if local_name(element) == "fileName"]
    return PageLayout(names[0].strip() if names else "", _size_of(root, page), lines)


def _size_of(root: etree._Element, page: etree._Element) -> tuple[float, float]:
    """Width and height as the file counts: of the page, else of its print space; 0 where it counts pixels and does not say."""
    units = [(element.text or "").strip() for element in root.iter() if local_name(element) == "MeasurementUnit"]
    counts_pixels = not units or units[0] in ("", "pixel")
    for element in (page, *([] if counts_pixels else children(page, "PrintSpace"))):
        width, height = (number_of(element, name, default=0.0) for name in ("WIDTH", "HEIGHT"))
        if width > 0 and height > 0:
            return width, height
    if not counts_pixels:
        raise BrokenPage(
            f"line {page.sourceline}: it counts in {units[0]}, and neither Page nor PrintSpace says how large the page is: give "
            "Page its WIDTH and HEIGHT"
        )
    return 0.0, 0.0


def _reading_order(root: etree._Element) -> dict[str, int]:
    references = [element.get("REF", "") for element in root.iter() if local_name(element) == "ElementRef"]
    return {name: place for place, name in enumerate(references)}


def _line_or_fault(line: etree._Element) -> TextLine:
    """A line; one that is described wrongly costs the others nothing."""
    try:
        return _read_line(line)
    except BrokenPage as fault:
        return faulty_line(line, line.get("ID", ""), fault)


def _read_line(line: etree._Element) -> TextLine:
    polygon = None
    for shape in children(line, "Shape"):
        for outline in children(shape, "Polygon"):
            polygon = points_of(outline.get("POINTS", ""), outline)
    left, top = number_of(line, "HPOS", default=np.nan), number_of(line, "VPOS", default=np.nan)
    width, height = number_of(line, "WIDTH", default=np.nan), number_of(line, "HEIGHT", default=np.nan)
    if polygon is None or len(polygon) < 3:
        box = np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)])
        polygon = None if np.isnan(box).any() else box
    return TextLine(
        identity=line.get("ID", ""),
        number=line.sourceline or 0,
        text=_text_of(line),
        polygon=polygon,
        baseline=_baseline_of(line, left, width),
        path=line.getroottree().getpath(line),
    )


def _baseline_of(line: etree._Element, left: float, width: float) -> np.ndarray | None:
    """Points since version 4.1; before, one number: the height of a level baseline."""
    given = line.get("BASELINE", "")
    if len(given.replace(",", " ").split()) == 1:
        level = number_of(line, "BASELINE")
        return None if np.isnan(left + width) else np.array([(left, level), (left + width, level)])
    points = points_of(given, line)
    return points if points is not None and len(points) >= 2 else None


def _text_of(line: etree._Element) -> str:
    """The strings of a line, which are words: a space stands between two of them, whether an SP says so or not."""
    text, joins = "", True
    for element in line:
        kind, content = local_name(element), element.get("CONTENT", "")
        if kind == "HYP":
            text, joins = text + (HYPHEN if content in ("", SOFT_HYPHEN) else content), True
        elif kind == "SP":
            joins = False
        elif kind == "String" and content:
            text, joins = text + ("" if joins or not text else " ") + content, False
    return text
