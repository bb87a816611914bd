"""PAGE XML, 2013 to 2019, as Transkribus, eScriptorium, OCR-D and others write it."""

import re

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
from preprocessing.text.transcription import Mark

CUSTOM = re.compile(r"(\w+)\s*\{([^}]*)\}")


def parse_page(content: bytes) -> PageLayout:
    """The lines of a PAGE file in reading order: by its ReadingOrder, then by Transkribus's index, then as they stand.

    Raises:
        BrokenPage: it is not PAGE, or a part of it cannot be read.
    """
    root = parse_xml(content)
    pages = children(root, "Page")
    if local_name(root) != "PcGts" or not pages:
        raise WrongFormat("line 1: it is not PAGE XML: there is no PcGts with a Page")
    page = pages[0]
    lines = [line for region in _ordered_regions(page) for line in _lines_of(region)]
    size = number_of(page, "imageWidth"), number_of(page, "imageHeight")
    return PageLayout(page.get("imageFilename", ""), size, lines)


def _ordered_regions(page: etree._Element) -> list[etree._Element]:
    regions = [element for element in page.iter() if local_name(element) in ("TextRegion", "TableCell")]
    references = [name for group in children(page, "ReadingOrder") for name in _by_index(group)]
    if references:
        order = {name: place for place, name in enumerate(references)}

        def place(region: etree._Element) -> int:
            named = (order.get(element.get("id", "")) for element in (region, *region.iterancestors()))
            return next((number for number in named if number is not None), len(order))  # a table's cells stand with it

        return sorted(regions, key=place)
    return sorted(regions, key=lambda region: _custom_index(region))


def _by_index(group: etree._Element) -> list[str]:
    """The region names below a reading-order group, inner groups in place."""
    names = []
    for element in sorted(group, key=lambda child: number_of(child, "index", default=0.0)):
        if element.get("regionRef"):
            names.append(element.get("regionRef"))
        names += _by_index(element)
    return names


def _lines_of(region: etree._Element) -> list[TextLine]:
    lines = children(region, "TextLine")
    return [_line_or_fault(line) for line in sorted(lines, key=lambda line: _custom_index(line))]


def _custom_index(element: etree._Element) -> int:
    """Transkribus keeps the order in ``custom="readingOrder {index:3;}"``."""
    found = re.search(r"readingOrder\s*\{[^}]*index:\s*(\d+)", element.get("custom", ""))
    return int(found.group(1)) if found else 0


def _line_or_fault(line: etree._Element) -> TextLine:
    """A line; one that is described wrongly costs the others nothing."""
    try:
        return _read_line(line)
    except BrokenPage as fault:
        return faulty_line(line, line.get("id", ""), fault)


def _read_line(line: etree._Element) -> TextLine:
    outlines, baselines = children(line, "Coords"), children(line, "Baseline")
    polygon = points_of(_points(outlines[0]), outlines[0]) if outlines else None
    baseline = points_of(_points(baselines[0]), baselines[0]) if baselines else None
    if baseline is not None and len(baseline) < 2:
        baseline = None
    return TextLine(
        identity=line.get("id", ""),
        number=line.sourceline or 0,
        text=_text_of(line),
        polygon=polygon if polygon is not None and len(polygon) >= 3 else None,
        baseline=baseline,
        marks=tuple(_marks(line.get("custom", ""))),
        path=line.getroottree().getpath(line),
    )


def _points(element: etree._Element) -> str:
    """``points="x,y ..."``, or the <Point x= y=/> elements of 2010."""
    given = element.get("points")
    return given if given is not None else " ".join(f"{p.get('x')},{p.get('y')}" for p in children(element, "Point"))


def _text_of(line: etree._Element) -> str:
    """The line's own text of the lowest index; without one, its words'."""
    equivalents = sorted(children(line, "TextEquiv"), key=lambda element: number_of(element, "index", default=0.0))
    if equivalents:
        unicode_texts = children(equivalents[0], "Unicode")
        return "".join(unicode_texts[0].itertext()) if unicode_texts else ""
    return " ".join(text for word in children(line, "Word") if (text := _text_of(word)))


def _marks(custom: str) -> list[Mark]:
    """Annotations such as ``abbrev {offset:3; length:4; expansion:Monsieur;}``."""
    marks = []
    for kind, body in CUSTOM.findall(custom):
        values = dict(part.strip().split(":", 1) for part in body.split(";") if ":" in part)
        if values.get("offset", "").strip().isdecimal() and values.get("length", "").strip().isdecimal():
            marks.append(Mark(kind, int(values["offset"]), int(values["length"]), _unescape(values.get("expansion", ""))))
    return marks


def _unescape(text: str) -> str:
    """Transkribus writes what is special to it as ``\\u003B``."""
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda code: chr(int(code.group(1), 16)), text.strip())
