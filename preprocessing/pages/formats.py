"""A page's description in whichever of the formats it comes."""

from preprocessing.pages.alto import parse_alto
from preprocessing.pages.layout import BrokenPage, PageLayout, WrongFormat
from preprocessing.pages.page_xml import parse_page


def parse_any(content: bytes) -> tuple[PageLayout, bool]:
    """A page's layout, and whether it is ALTO; raises BrokenPage."""
    try:
        return parse_page(content), False
    except WrongFormat:
        try:
            return parse_alto(content), True
        except WrongFormat as error:
            raise BrokenPage("it is neither PAGE nor ALTO XML") from error
