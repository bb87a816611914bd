"""Files that are either whole or not there."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from base.errors import UserError


def read_text(path: Path) -> str:
    """A UTF-8 text file, with or without a byte-order mark; raises UserError that names the file."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: it is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise UserError(f"{path}: it cannot be read ({error.strerror or error})") from error


def parse_json(path: Path) -> Any:
    """The content of a user's JSON file; raises UserError that names the file and the line for anything else."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: it is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise UserError(f"{path}: its JSON is nested too deeply") from error


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives a path to write to, and moves it to its final name only when the block ends without an error.

    Raises:
        UserError: the disk is full or the folder cannot be written to; nothing is left behind.
    """
    aside = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        _sync(aside)
        aside.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if os.path.exists(aside):  # noqa: PTH110  # Path.exists raises on names that are too long
            aside.unlink()


def _sync(path: Path) -> None:
    """Waits until a file is on the disk: else its new name may outlive its content where the power fails."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 text file, whole or not at all."""
    with written_whole(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, values: Any) -> None:
    """Writes indented JSON, whole or not at all."""
    write_text(path, json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Reads a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
