"""What data=labels_json can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from configs.data.shared.files import Files, check_files


@dataclass
class Config(Files):
    """The keys of this source."""

    labels_file: str
    image_folder: str


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for values that the source cannot work with; ``key`` is where they stand."""
    check_files(key, data)
