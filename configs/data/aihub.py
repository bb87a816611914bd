"""What data=aihub can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from base.errors import UserError
from configs.data.shared.files import Files, check_files

LEVELS = ("syllables", "words", "sentences", "all")


@dataclass
class Config(Files):
    """The keys of this source."""

    labels_file: str | None
    level: str


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for values that the source cannot work with; ``key`` is where they stand."""
    check_files(key, data)
    if data["level"] not in LEVELS:
        raise UserError(f"{key}.level={data['level']}: choose one of {', '.join(LEVELS)}")
