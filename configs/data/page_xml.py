"""What data=page_xml can be asked for."""

from configs.data.shared.pages import PagesOfXml as Config
from configs.data.shared.pages import check_part

__all__ = ["Config", "check_part"]
