"""Tab-separated tables, as ``labels.tsv`` is one; read line by line, so that a large one takes no memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from base.errors import UserError


def read_table(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a tab-separated UTF-8 file with a header and no quoting, each with its line number.

    Args:
        path: the file; a byte-order mark is allowed.
        columns: names that the header must have.

    Raises:
        UserError: the file is not UTF-8, its header lacks a column, or a row is too short; names the file and the line.
    """
    with path.open("rb") as file:
        header = read_header(file, path, columns)
    rows = ((number, parse_row(line, header, path, number)) for _, number, line in scan_lines(path) if number > 1)
    return [(number, row) for number, row in rows if row]


def scan_lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """The lines of a file, each with the byte that it begins at and its number, 1 and up."""
    offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield offset, number, line
            offset += len(line)


def read_header(file: BinaryIO, path: Path, columns: Sequence[str]) -> list[str]:
    """The names of the columns; the file then stands at its first row."""
    header = _decode(file.readline().removeprefix(b"\xef\xbb\xbf"), path, 1).split("\t")
    missing = [column for column in columns if column not in header]
    if missing:
        raise UserError(f"{path}: the header lacks {', '.join(missing)}; it must be: {' '.join(columns)}")
    return header


def parse_row(line: bytes, header: Sequence[str], path: Path, number: int) -> dict[str, str]:
    """A row as a mapping, empty for a blank line; raises UserError that names the file and the line."""
    text = _decode(line, path, number)
    if not text:
        return {}
    fields = text.split("\t")
    if len(fields) < len(header):
        raise UserError(f"{path}:{number}: the row has fewer than {len(header)} tab-separated fields")
    return dict(zip(header, fields, strict=False))


def _decode(line: bytes, path: Path, number: int) -> str:
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}:{number}: it is not UTF-8 (byte {error.start} of the line); save the file as UTF-8") from error


def refuse_breaks(name: str, text: str, table: str) -> None:
    """Raises UserError for a text that no row of a table without quoting can hold."""
    if any(character in text for character in "\t\n\r"):
        raise UserError(f"{name}: its text holds a tab or a line break, which {table} cannot: choose format=lmdb or parquet")
