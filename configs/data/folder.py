"""What data=folder can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from base.errors import UserError
from configs.data.shared.files import Files, check_files


@dataclass
class Config(Files):
    """The keys of this source."""

    labels: str  # auto, table, pairs, names, folders, none
    name_pattern: str  # regular expression with a group (?P<text>...)


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for values that the source cannot work with; ``key`` is where they stand."""
    check_files(key, data)
    if data["labels"] not in ("auto", "table", "pairs", "names", "folders", "none"):
        raise UserError(f"{key}.labels={data['labels']}: choose one of auto, table, pairs, names, folders, none")
