"""ALTO XML, versions 2 to 4."""

import numpy as np
from lxml import etree

from preprocessing.pages.layout import (
    BrokenPage,
    PageLayout,
    TextLine,
    WrongFormat,
    children,
    local_name,
    number_of,
    parse_xml,
    points_of,
)


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
    lines = [_read_line(line) for block in blocks for line in children(block, "TextLine")]
    names = [element.text or "" for element in root.iter() if local_name(element) == "fileName"]
    size = number_of(page, "WIDTH", default=0.0), number_of(page, "HEIGHT", default=0.0)
    return PageLayout(names[0].strip() if names else "", size, lines)


def _reading_order(root: etree._Element) -> dict[str, int]:
    references = [element.get("REF", "") for element in root.iter() if local_name(element) == "ElementRef"]
    return {name: place for place, name in enumerate(references)}


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
    """The strings of a line; a space stands where SP does, and between strings of a file that has no SP at all."""
    parts = [element for element in line if local_name(element) in ("String", "SP", "HYP")]
    spaced = any(local_name(element) == "SP" for element in parts)
    text = ""
    for element in parts:
        if local_name(element) == "SP":
            text += " "
        elif local_name(element) == "HYP":
            text += element.get("CONTENT", "-")
        else:
            text += ("" if spaced or not text else " ") + element.get("CONTENT", "")
    return text
