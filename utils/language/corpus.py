"""Plain text in folders, read as a stream."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from base.errors import UserError
from utils.files.below import files_below

LONGEST_PIECE = 65_536  # bytes; a file without line breaks is read in pieces of this length


def corpus_files(folder: Path) -> list[Path]:
    """The ``*.txt`` files below a folder that are not empty, or the one file that is named; sorted.

    Raises:
        UserError: there are none.
    """
    if not folder.exists():
        raise UserError(f"{folder}: there is no such file or folder of plain text")
    paths = [folder] if folder.is_file() else files_below(folder, {".txt"})
    paths = [path for path in paths if path.stat().st_size]
    if not paths:
        raise UserError(f"{folder}: the corpus is empty; put plain-text files (*.txt, UTF-8) there")
    return paths


def corpus_lines(paths: list[Path]) -> Iterator[tuple[str, int]]:
    """The lines of plain-text files, one at a time, each with the number of bytes that were read for it.

    Raises:
        UserError: there are bytes that are not UTF-8; names the file and the line.
    """
    for path in paths:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        number = 1
        with path.open("rb") as file:
            while piece := file.readline(LONGEST_PIECE):
                try:
                    yield decoder.decode(piece), len(piece)
                except UnicodeDecodeError as error:
                    raise UserError(f"{path}:{number}: it is not UTF-8 ({error.reason}); save the file as UTF-8") from error
                number += piece.endswith(b"\n")
