"""What data=parquet can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.files import Files, check_files


@dataclass
class Config(Files):
    """The keys of this source."""

    image_column: str
    text_column: str
    group_column: str
    split_column: str
    name_column: str


def check(cfg) -> None:
    """Raises UserError for values that the source cannot work with."""
    check_part("data", cfg.data)


def check_part(key: str, data: Mapping) -> None:
    """The same for values that stand under another key, such as a mixture's."""
    check_files(key, data)
