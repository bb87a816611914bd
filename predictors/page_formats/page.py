"""PAGE XML 2019 (Pletschacher & Antonacopoulos 2010), as Transkribus, eScriptorium and OCR-D read it."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from lxml import etree

from base.page import ReadLine, ReadPage
from base.registry import PAGE_FORMATS
from utils.files.xml_text import allowed, write_xml

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
SCHEMA = f"{NAMESPACE} {NAMESPACE}/pagecontent.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


@PAGE_FORMATS.register("page")
def write(page: ReadPage, stem: Path) -> Path:
    """Writes ``<stem>.page.xml``: a region for each block, lines with outline, baseline, words, texts and confidences."""
    path = stem.with_name(f"{stem.name}.page.xml")
    write_xml(path, page_tree(page))
    return path


def page_tree(page: ReadPage) -> etree._Element:
    """The document's root."""
    root = etree.Element(_tag("PcGts"), nsmap={None: NAMESPACE, "xsi": INSTANCE})
    root.set(f"{{{INSTANCE}}}schemaLocation", SCHEMA)
    metadata = etree.SubElement(root, _tag("Metadata"))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, text in (("Creator", "Palimpsest"), ("Created", now), ("LastChange", now)):
        etree.SubElement(metadata, _tag(name)).text = text
    width, height = page.size_WH
    sheet = etree.SubElement(
        root, _tag("Page"), imageFilename=allowed(page.image), imageWidth=str(width), imageHeight=str(height)
    )
    if page.blocks:
        order = etree.SubElement(etree.SubElement(sheet, _tag("ReadingOrder")), _tag("OrderedGroup"), id="reading_order")
        for number in range(len(page.blocks)):
            etree.SubElement(order, _tag("RegionRefIndexed"), index=str(number), regionRef=f"block_{number + 1}")
    for number, block in enumerate(page.blocks, start=1):
        region = etree.SubElement(sheet, _tag("TextRegion"), id=f"block_{number}")
        etree.SubElement(region, _tag("Coords"), points=_points(block_outline(block)))
        for line in block:
            _add_line(region, line)
    return root


def block_outline(block: list[ReadLine]) -> np.ndarray:
    """The convex hull of a block's lines, float (n, 2)."""
    points = np.concatenate([line.outline for line in block]).astype(np.float32)
    return cv2.convexHull(points)[:, 0]


def _add_line(region: etree._Element, line: ReadLine) -> None:
    element = etree.SubElement(region, _tag("TextLine"), id=line.identity)
    etree.SubElement(element, _tag("Coords"), points=_points(line.outline))
    etree.SubElement(element, _tag("Baseline"), points=_points(line.baseline))
    for number, word in enumerate(line.words, start=1):
        part = etree.SubElement(element, _tag("Word"), id=f"{line.identity}_word_{number}")
        etree.SubElement(part, _tag("Coords"), points=_points(word.outline))
        _add_text(part, word.text, word.confidence)
    _add_text(element, line.text, line.confidence)


def _add_text(element: etree._Element, text: str, confidence: float) -> None:
    equivalent = etree.SubElement(element, _tag("TextEquiv"), conf=f"{confidence:.4f}")
    etree.SubElement(equivalent, _tag("Unicode")).text = allowed(text)


def _points(points: np.ndarray) -> str:
    """``x,y x,y``; PAGE knows no negative places."""
    return " ".join(f"{x},{y}" for x, y in np.maximum(0, points.round()).astype(int).tolist())


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
