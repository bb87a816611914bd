"""What data=page_files can be asked for."""

from configs.data.shared.files import Files as Config
from configs.data.shared.files import check_part

__all__ = ["Config", "check_part"]
