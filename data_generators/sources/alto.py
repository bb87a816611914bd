"""Lines cut from pages that ALTO XML (versions 2 to 4) describes."""

from typing import Any

from base.registry import SOURCES
from base.source import BaseSource
from data_generators.sources.reading.page_lines import PageLinesSource
from preprocessing.pages.alto import parse_alto


@SOURCES.register("alto")
def open_alto(cfg: Any, split: str) -> BaseSource:
    """The lines of one split; see `PageLinesSource`."""
    return PageLinesSource(cfg, split, parse_alto)
