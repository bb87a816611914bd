"""Pages that XML describes: their lines as pictures, and the texts that were read written back."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree

from base.errors import UserError
from predictors.confidence import LineReading
from preprocessing.alto import parse_alto
from preprocessing.line_cutting import cut_line
from preprocessing.page_layout import BrokenPage, PageLayout, TextLine, WrongFormat, local_name, parse_xml, scale_between
from preprocessing.page_xml import parse_page
from utils.files import written_whole
from utils.images import IMAGE_SUFFIXES, UnreadableImage, read_grey


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
        content = path.read_bytes()
        try:
            layout, is_alto = parse_any(content)
            image = find_image(path, layout.image)
            pixels = read_grey(image)
            return cls(
                layout, is_alto, parse_xml(content, keep_comments=True), image, pixels, scale_between(layout.size, pixels.shape)
            )
        except (BrokenPage, UserError) as error:
            raise UnreadableImage(str(error)) from error

    def picture(self, line: TextLine) -> np.ndarray | UnreadableImage:
        """A line cut out along its baseline, uint8 (H, W), or why it cannot be."""
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
        elements = {place_of(element): element for element in root.iter() if local_name(element) == "TextLine"}
        for line, reading in zip(self.layout.lines, readings, strict=True):
            if isinstance(reading, LineReading):
                element = elements[line.identity, line.number]
                fill = fill_alto if self.is_alto else fill_page
                fill(element, reading)
        if not self.is_alto:
            for region in root.iter():
                if local_name(region) == "TextRegion":
                    remove(region, ("TextEquiv",))  # of the whole region: it would contradict its lines
        with written_whole(path) as aside:
            etree.ElementTree(root).write(str(aside), encoding="utf-8", xml_declaration=True)


def parse_any(content: bytes) -> tuple[PageLayout, bool]:
    """A page's layout, and whether it is ALTO; raises BrokenPage."""
    try:
        return parse_page(content), False
    except WrongFormat:
        try:
            return parse_alto(content), True
        except WrongFormat as error:
            raise BrokenPage("it is neither PAGE nor ALTO XML") from error


def find_image(path: Path, name: str) -> Path:
    """The image that a description names, or of its own name: beside it, in the folder above, or in images/.

    Raises:
        UserError: there is none.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    for wanted in ([last] if last else []) + [f"{path.stem}{suffix}" for suffix in sorted(IMAGE_SUFFIXES)]:
        for folder in (path.parent, path.parent.parent, path.parent / "images", path.parent.parent / "images"):
            if (folder / wanted).is_file():
                return folder / wanted
    raise UserError(f"there is no image {last or path.stem + '.*'} beside it, in the folder above or in images/")


def place_of(element: etree._Element) -> tuple[str, int]:
    """What a `TextLine` has of its element: identity and line of the file."""
    return element.get("id") or element.get("ID") or "", element.sourceline or 0


def remove(element: etree._Element, names: tuple[str, ...]) -> int:
    """Takes children away by their names; returns where the first of them stood, or the number of children."""
    places = [place for place, child in enumerate(element) if local_name(child) in names]
    for place in reversed(places):
        element.remove(element[place])
    return places[0] if places else len(element)


def fill_page(line: etree._Element, reading: LineReading) -> None:
    """PAGE: one TextEquiv with ``conf``; words of an earlier reading go."""
    remove(line, ("Word",))
    remove(line, ("TextEquiv",))
    place = next(
        (place for place, child in enumerate(line) if local_name(child) in ("TextStyle", "UserDefined", "Labels")), len(line)
    )
    namespace = etree.QName(line).namespace
    equivalent = etree.Element(etree.QName(namespace, "TextEquiv"), conf=f"{reading.confidence:.4f}")
    etree.SubElement(equivalent, etree.QName(namespace, "Unicode")).text = reading.text
    line.insert(place, equivalent)


def fill_alto(line: etree._Element, reading: LineReading) -> None:
    """ALTO: a String with ``WC`` for each word, with spaces between; boxes by the words' share of the line's length."""
    namespace = etree.QName(line).namespace
    remove(line, ("String", "SP", "HYP"))
    box = {key: float(line.get(key, "0") or 0) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")}
    for number, word in enumerate(reading.words):
        if number:
            etree.SubElement(line, etree.QName(namespace, "SP"))
        attributes = {
            "CONTENT": word.text,
            "WC": f"{word.confidence:.4f}",
            "HPOS": f"{box['HPOS'] + box['WIDTH'] * word.left / reading.width_px:.0f}",
            "VPOS": f"{box['VPOS']:.0f}",
            "WIDTH": f"{box['WIDTH'] * (word.right - word.left) / reading.width_px:.0f}",
            "HEIGHT": f"{box['HEIGHT']:.0f}",
        }
        etree.SubElement(line, etree.QName(namespace, "String"), attributes)
