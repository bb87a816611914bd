"""Lists of words, as users and ``mode=learn_text`` write them."""

from pathlib import Path

from base.errors import UserError
from preprocessing.text.transcription import as_written
from utils.files.whole import read_text


def read_words(file: str) -> list[str]:
    """The words of a text file, one a line; what follows a comma or a tab, such as a count, does not matter.

    Raises:
        UserError: there is no such file, it is not UTF-8, or it has no words.
    """
    path = Path(file)
    if not path.is_file():
        raise UserError(f"{path}: there is no such word list")
    rows = [line.replace("\t", ",").partition(",")[0] for line in read_text(path).splitlines()]
    entries = [as_written(row) for row in (rows[1:] if rows[:1] == ["word"] else rows)]
    words = list(dict.fromkeys(word for entry in entries for word in entry.split()))
    if not words:
        raise UserError(f"{path}: the word list is empty; write a word a line")
    return words
