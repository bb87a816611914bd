"""Plain text in folders."""

from collections.abc import Iterator
from pathlib import Path

from base.errors import UserError


def corpus_files(folder: Path) -> list[Path]:
    """The ``*.txt`` files below a folder that are not empty, or the one file that is named; sorted.

    Raises:
        UserError: there are none.
    """
    if not folder.exists():
        raise UserError(f"{folder}: there is no such file or folder of plain text")
    paths = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*.txt") if path.is_file())
    paths = [path for path in paths if path.stat().st_size]
    if not paths:
        raise UserError(f"{folder}: the corpus is empty; put plain-text files (*.txt, UTF-8) there")
    return paths


def corpus_lines(paths: list[Path]) -> Iterator[str]:
    """The lines of plain-text files, one at a time; raises UserError that names the file and line of bytes that are not UTF-8."""
    for path in paths:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise UserError(f"{path}:{number}: it is not UTF-8 (byte {error.start}); save it as UTF-8") from error
