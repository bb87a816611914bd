"""XML files, and texts that they can hold."""

import re
from pathlib import Path

from lxml import etree

from utils.files.whole import written_whole

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed(text: str) -> str:
    """A text with a replacement character for each that XML 1.0 forbids."""
    return FORBIDDEN.sub("\ufffd", text)


def write_xml(path: Path, root: etree._Element) -> None:
    """Writes a document, indented, whole or not at all."""
    with written_whole(path) as aside:
        etree.ElementTree(root).write(str(aside), encoding="utf-8", xml_declaration=True, pretty_print=True)
