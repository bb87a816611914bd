"""Folders that a mode writes whole, and replaces only where it wrote them itself."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from base.errors import UserError

MARK = "made_by.txt"  # in the folder; holds the mode's name


def unfinished(output: Path) -> Path:
    """The folder to write to until it is whole, beside the one that it becomes."""
    return output.with_name(f"{output.name}.partial")


@contextmanager
def replaced_whole(cfg: Any) -> Iterator[Path]:
    """A new folder to write to, which takes the place of ``cfg.output`` when the block ends well.

    Raises:
        UserError: the output exists and may not be replaced, or overlaps with the data.
    """
    output, mode = Path(cfg.output), cfg.mode.name
    check_replaceable(output, mode, overwrite=cfg.overwrite, data=cfg.data.get("root"))
    work = unfinished(output)
    check_replaceable(work, mode, overwrite=True, data=None)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / MARK).write_text(f"{mode}\n", encoding="utf-8")
    yield work
    if output.exists():
        shutil.rmtree(output)
    work.rename(output)


def check_replaceable(output: Path, mode: str, *, overwrite: bool, data: str | None) -> None:
    """Raises UserError for a folder that is there and was not written by this mode, or that holds the data or lies in them."""
    place = output.resolve()
    if data is not None:
        root = Path(data).resolve()
        if place.is_relative_to(root) or root.is_relative_to(place):
            raise UserError(f"output={output} overlaps with data.root={data}: name a folder elsewhere, so that no data are lost")
    if not output.exists():
        return
    if not overwrite:
        raise UserError(f"output={output} exists: set overwrite=true, or name another folder")
    mark = output / MARK
    if not mark.is_file() or mark.read_text("utf-8").strip() != mode:
        raise UserError(f"{output} holds files that mode={mode} did not write: name another folder, or remove it yourself")
