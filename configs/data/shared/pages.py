"""What the sources of XML pages can be asked for."""

from dataclasses import dataclass

from configs.data.shared.files import Files, check_part

__all__ = ["PagesOfXml", "check_part"]


@dataclass
class PagesOfXml(Files):
    """Lines cut from pages."""

    minimum_line_px: int  # of a line's outline, in height and width
    keep_empty: bool
