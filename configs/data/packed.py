"""What data=packed can be asked for: what every source of files can."""

from configs.data.shared.files import Files as Config
from configs.data.shared.files import check_part

__all__ = ["Config", "check_part"]
