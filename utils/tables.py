"""Tab-separated tables, as ``labels.tsv`` is one."""

import csv
from collections.abc import Sequence
from pathlib import Path

from base.errors import UserError


def read_table(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a tab-separated UTF-8 file with a header and no quoting, each with its line number.

    Args:
        path: the file; a byte-order mark is allowed.
        columns: names that the header must have.

    Raises:
        UserError: the file is not UTF-8, its header lacks a column, or a row is too short; names the file and the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: it is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    reader = csv.reader((line.rstrip("\r") for line in lines), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(reader, [])
    missing = [column for column in columns if column not in header]
    if missing:
        raise UserError(f"{path}: the header lacks {', '.join(missing)}; it must be: {' '.join(columns)}")
    rows = []
    for number, fields in enumerate(reader, start=2):
        if not fields:
            continue
        if len(fields) < len(header):
            raise UserError(f"{path}:{number}: the row has fewer than {len(header)} tab-separated fields")
        rows.append((number, dict(zip(header, fields, strict=False))))
    return rows
