"""ALTO XML, version 4, as libraries and eScriptorium read it."""

from pathlib import Path

import numpy as np
from lxml import etree

from base.page import ReadLine, ReadPage
from base.registry import PAGE_FORMATS
from predictors.page_formats.page import block_outline
from utils.files.xml_text import allowed, write_xml

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
SCHEMA = f"{NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-2.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


@PAGE_FORMATS.register("alto")
def write(page: ReadPage, stem: Path) -> Path:
    """Writes ``<stem>.alto.xml``: a block for each block, lines with polygon and baseline, words with confidences."""
    path = stem.with_name(f"{stem.name}.alto.xml")
    write_xml(path, alto_tree(page))
    return path


def alto_tree(page: ReadPage) -> etree._Element:
    """The document's root."""
    root = etree.Element(_tag("alto"), nsmap={None: NAMESPACE, "xsi": INSTANCE})
    root.set(f"{{{INSTANCE}}}schemaLocation", SCHEMA)
    description = etree.SubElement(root, _tag("Description"))
    etree.SubElement(description, _tag("MeasurementUnit")).text = "pixel"
    source = etree.SubElement(description, _tag("sourceImageInformation"))
    etree.SubElement(source, _tag("fileName")).text = allowed(page.image)
    width, height = page.size_WH
    size = {"WIDTH": str(width), "HEIGHT": str(height)}
    sheet = etree.SubElement(etree.SubElement(root, _tag("Layout")), _tag("Page"), ID="page_1", PHYSICAL_IMG_NR="1", **size)
    space = etree.SubElement(sheet, _tag("PrintSpace"), HPOS="0", VPOS="0", **size)
    for number, block in enumerate(page.blocks, start=1):
        outline = block_outline(block)
        element = etree.SubElement(space, _tag("TextBlock"), ID=f"block_{number}", **_box(outline))
        _add_shape(element, outline)
        for line in block:
            _add_line(element, line)
    return root


def _add_line(block: etree._Element, line: ReadLine) -> None:
    element = etree.SubElement(block, _tag("TextLine"), ID=line.identity, BASELINE=_points(line.baseline), **_box(line.outline))
    _add_shape(element, line.outline)
    for number, word in enumerate(line.words, start=1):
        if number > 1:
            gap = {"HPOS": line.words[number - 2].outline[:, 0].max(), "VPOS": word.outline[:, 1].min()}
            blank = max(0.0, word.outline[:, 0].min() - gap["HPOS"])
            places = {name: str(max(0, round(float(value)))) for name, value in {**gap, "WIDTH": blank}.items()}
            etree.SubElement(element, _tag("SP"), **places)
        etree.SubElement(
            element,
            _tag("String"),
            ID=f"{line.identity}_word_{number}",
            CONTENT=allowed(word.text),
            WC=f"{word.confidence:.4f}",
            **_box(word.outline),
        )


def _add_shape(element: etree._Element, outline: np.ndarray) -> None:
    etree.SubElement(etree.SubElement(element, _tag("Shape")), _tag("Polygon"), POINTS=_points(outline))


def _points(points: np.ndarray) -> str:
    """``x y x y``, as eScriptorium writes them."""
    return " ".join(f"{x} {y}" for x, y in np.maximum(0, points.round()).astype(int).tolist())


def _box(outline: np.ndarray) -> dict[str, str]:
    left, top = np.maximum(0, np.floor(outline.min(axis=0))).astype(int)
    right, bottom = np.maximum((left, top), np.ceil(outline.max(axis=0))).astype(int)
    return {"HPOS": str(left), "VPOS": str(top), "WIDTH": str(right - left), "HEIGHT": str(bottom - top)}


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
