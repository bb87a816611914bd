"""What a prediction has answered so far, in a file: of a million inputs only their places are in memory."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from base.errors import UserError
from utils.files.whole import written_whole

Answers = list[dict[str, Any]]  # of an input: its pages or lines


class AnswerLog:
    """A line of JSON for each input that is done, in the order in which they were done.

    Args:
        path: of the file; what was there before is replaced.
        kept: what an earlier run answered; read before the file is replaced, so it may come from there.
    """

    def __init__(self, path: Path, kept: Iterable[Answers] = ()) -> None:
        self.path = path
        self._places: dict[str, int] = {}
        self._failed: set[str] = set()
        with written_whole(path) as aside, aside.open("wb") as file:
            for answers in kept:
                self._write(file, answers)

    def __contains__(self, image: str) -> bool:
        return image in self._places

    @property
    def failed(self) -> int:
        """How many inputs have an error."""
        return len(self._failed)

    def remove_if_empty(self) -> None:
        """Leaves no trace of a run that never began."""
        if not self._places:
            self.path.unlink(missing_ok=True)

    def add(self, answers: Answers) -> None:
        """Notes the answers of an input; raises UserError where the disk is full."""
        try:
            with self.path.open("ab") as file:
                self._write(file, answers)
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}; make room and use resume=true") from error

    def answers(self, images: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The answers of inputs, in their order."""
        with self.path.open("rb") as file:
            for image in images:
                file.seek(self._places[image])
                yield from json.loads(file.readline())

    def _write(self, file: BinaryIO, answers: Answers) -> None:
        image = answers[0]["image"]
        self._places[image] = file.tell()
        if any("error" in answer for answer in answers):
            self._failed.add(image)
        file.write(as_line(answers).encode())


def finished(log: Path, answers: Path) -> Iterator[Answers]:
    """The answers that an earlier run left for an input, whole and without an error.

    Args:
        log: of a run that was stopped; what it says counts.
        answers: the file of a run that ended, where there is no such log.
    """
    if log.is_file():
        found: Iterable[Answers] = read_lines(log)
    else:
        every = read_lines(answers) if answers.is_file() else iter(())
        found = (list(group) for _, group in groupby(every, key=lambda answer: answer["image"]))
    return (group for group in found if group and not any("error" in answer for answer in group))


def read_lines(path: Path) -> Iterator[Any]:
    """What the whole lines of a file of JSON say; one that was cut off, within a character even, is left out."""
    with path.open("rb") as file:
        for line in file:
            try:
                yield json.loads(line.decode("utf-8", errors="replace"))
            except json.JSONDecodeError:
                return


def as_line(answer: dict | list[dict]) -> str:
    """An answer, or all of an input, as a line of JSON; names that are no valid Unicode are escaped."""
    line = json.dumps(answer, ensure_ascii=False) + "\n"
    return line if _is_unicode(line) else json.dumps(answer) + "\n"


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
