"""Lines cut from pages that PAGE XML (2013 to 2019) describes."""

from typing import Any

from base.registry import SOURCES
from base.source import BaseSource
from data_generators.sources.reading.page_lines import PageLinesSource
from preprocessing.pages.page_xml import parse_page


@SOURCES.register("page_xml")
def open_page_xml(cfg: Any, split: str) -> BaseSource:
    """The lines of one split; see `PageLinesSource`."""
    return PageLinesSource(cfg, split, parse_page)
