"""Plain text."""

from pathlib import Path

from base.page import ReadPage
from base.registry import PAGE_FORMATS
from utils.files.whole import write_text


@PAGE_FORMATS.register("txt")
def write(page: ReadPage, stem: Path) -> Path:
    """Writes ``<stem>.txt``, UTF-8, a line a line."""
    path = stem.with_name(f"{stem.name}.txt")
    write_text(path, page.text + "\n")
    return path
