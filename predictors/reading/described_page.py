"""Pages that XML describes: their lines as pictures, and the texts that were read written back."""

import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree

from base.errors import UserError
from predictors.reading.confidence import LineReading
from preprocessing.pages.formats import parse_any
from preprocessing.pages.layout import BrokenPage, PageLayout, TextLine, local_name, parse_xml, scale_between
from preprocessing.pages.line_cutting import cut_line
from utils.files.images import UnreadableImage
from utils.files.page_images import find_image, read_described
from utils.files.whole import written_whole

MARK_OF_TEXT = re.compile(r"\w+\s*\{[^}]*offset:[^}]*\}")  # in Transkribus's ``custom``: of characters that are no more


@dataclass
class DescribedPage:
    """A page and its description.

    Attributes:
        layout: the lines.
        is_alto: ALTO, else PAGE.
        root: of the XML, comments and all.
        image: the file.
        pixels: uint8 (H, W).
        scale: pixels of the image for one unit of the XML.
    """

    layout: PageLayout
    is_alto: bool
    root: etree._Element
    image: Path
    pixels: np.ndarray
    scale: float

    @classmethod
    def open(cls, path: Path) -> "DescribedPage":
        """Reads a PAGE or ALTO file and its image; raises UnreadableImage where either cannot be used."""
        try:
            content = path.read_bytes()
            layout, is_alto = parse_any(content)
            image = find_image(path, layout.image)
            pixels = read_described(image, layout.size)
            return cls(
                layout, is_alto, parse_xml(content, keep_comments=True), image, pixels, scale_between(layout.size, pixels.shape)
            )
        except (BrokenPage, UserError, OSError) as error:
            raise UnreadableImage(str(error)) from error

    def picture(self, line: TextLine) -> np.ndarray | UnreadableImage:
        """A line cut out along its baseline, uint8 (H, W), or why it cannot be."""
        if line.fault:
            return UnreadableImage(line.fault)
        heights = [float(np.ptp(other.polygon[:, 1])) for other in self.layout.lines if other.polygon is not None]
        try:
            return cut_line(
                self.pixels,
                None if line.polygon is None else line.polygon * self.scale,
                None if line.baseline is None else line.baseline * self.scale,
                default_height=float(np.median(heights)) * self.scale if heights else None,
            )
        except ValueError as error:
            return UnreadableImage(str(error))

    def write(self, readings: list[LineReading | UnreadableImage], path: Path) -> None:
        """Writes the XML with the texts that were read, and their confidences, in the place of those that it had."""
        root = deepcopy(self.root)
        elements = {root.getroottree().getpath(element): element for element in root.iter() if local_name(element) == "TextLine"}
        for line, reading in zip(self.layout.lines, readings, strict=True):
            if isinstance(reading, LineReading):
                if self.is_alto:
                    fill_alto(elements[line.path], reading, line)
                else:
                    fill_page(elements[line.path], reading)
        with written_whole(path) as aside:
            etree.ElementTree(root).write(str(aside), encoding="utf-8", xml_declaration=True)


def remove(element: etree._Element, *names: str) -> None:
    """Takes children away by their names."""
    for child in [child for child in element if local_name(child) in names]:
        element.remove(child)


def fill_page(line: etree._Element, reading: LineReading) -> None:
    """PAGE: one TextEquiv with ``conf``; words and marks of an earlier text go, and so does the whole region's text."""
    remove(line, "Word", "TextEquiv")
    if line.get("custom"):
        line.set("custom", " ".join(MARK_OF_TEXT.sub("", line.get("custom", "")).split()))
    remove(line.getparent(), "TextEquiv")
    place = next(
        (place for place, child in enumerate(line) if local_name(child) in ("TextStyle", "UserDefined", "Labels")), len(line)
    )
    namespace = etree.QName(line).namespace
    equivalent = etree.Element(etree.QName(namespace, "TextEquiv"), conf=f"{reading.confidence:.4f}")
    etree.SubElement(equivalent, etree.QName(namespace, "Unicode")).text = reading.text
    line.insert(place, equivalent)


def fill_alto(line: etree._Element, reading: LineReading, layout: TextLine) -> None:
    """ALTO: a String with ``WC`` for each word, with spaces between; boxes by the words' share of the line's length."""
    namespace = etree.QName(line).namespace
    remove(line, "String", "SP", "HYP")
    points = next(points for points in (layout.polygon, layout.baseline) if points is not None)
    (left, top), (width, height) = points.min(axis=0), np.ptp(points, axis=0)
    for number, word in enumerate(reading.words):
        if number:
            etree.SubElement(line, etree.QName(namespace, "SP"))
        attributes = {
            "CONTENT": word.text,
            "WC": f"{word.confidence:.4f}",
            "HPOS": f"{left + width * word.left / reading.width_px:.0f}",
            "VPOS": f"{top:.0f}",
            "WIDTH": f"{width * (word.right - word.left) / reading.width_px:.0f}",
            "HEIGHT": f"{height:.0f}",
        }
        etree.SubElement(line, etree.QName(namespace, "String"), attributes)
