"""What data=parquet can be asked for."""

from dataclasses import dataclass

from configs.data.shared.files import Files, check_part

__all__ = ["Config", "check_part"]


@dataclass
class Config(Files):
    """The keys of this source."""

    image_column: str
    text_column: str
    group_column: str
    split_column: str
    name_column: str
