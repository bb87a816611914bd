"""What data=iam can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from base.errors import UserError
from configs.data.shared.files import Files, check_files


@dataclass
class Config(Files):
    """The keys of this source."""

    level: str  # lines, words
    segmentation_errors: str  # keep, drop
    punctuation: str  # attached, ascii
    group: str  # writer, form


def check_part(key: str, data: Mapping) -> None:
    """Raises UserError for values that the source cannot work with; ``key`` is where they stand."""
    check_files(key, data)
    if data["level"] not in ("lines", "words"):
        raise UserError(f"{key}.level={data['level']}: choose one of lines, words")
    if data["segmentation_errors"] not in ("keep", "drop"):
        raise UserError(f"{key}.segmentation_errors={data['segmentation_errors']}: choose one of keep, drop")
    if data["punctuation"] not in ("attached", "ascii"):
        raise UserError(f"{key}.punctuation={data['punctuation']}: choose one of attached, ascii")
    if data["group"] not in ("writer", "form"):
        raise UserError(f"{key}.group={data['group']}: choose one of writer, form")
