"""What lies below a folder."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

UNSEEN_FOLDERS = {"__MACOSX"}  # what macOS packs beside the files


def files_below(folder: Path, suffixes: Collection[str], *, follow_links: bool = False) -> list[Path]:
    """The files below a folder whose suffix is one of these, in whatever case, sorted.

    Hidden files and folders do not count, nor what macOS puts beside files (``._page.jpg``). Symbolic links to folders are
    followed if that is asked for, each folder once; else it is said that there are some.
    """
    return sorted(file for file in every_file(folder, follow_links) if file.suffix.lower() in suffixes and file.is_file())


def every_file(folder: Path, follow_links: bool = False) -> Iterator[Path]:
    """All that is no folder below a folder, see `files_below`."""
    seen, links = {folder.resolve()}, 0
    for here, folders, files in os.walk(folder, followlinks=follow_links):
        kept = []
        for name in sorted(folders):
            path = Path(here, name)
            if name.startswith(".") or name in UNSEEN_FOLDERS:
                continue
            if path.is_symlink() and not follow_links:
                links += 1
                continue
            if path.resolve() in seen:  # by a link before, or because the folder is below itself
                continue
            seen.add(path.resolve())
            kept.append(name)
        folders[:] = kept
        yield from (Path(here, name) for name in files if not name.startswith("."))
    if links:
        tell_of_links(folder, links)


@cache
def tell_of_links(folder: Path, count: int) -> None:
    """Says once in a process that symbolic links were not followed."""
    print(f"note: {folder}: {count} symbolic links to folders are not followed; follow_links=true follows them", flush=True)


def passed_over(folder: Path, taken: Iterable[Path], *, follow_links: bool = False) -> str | None:
    """What of a folder is not among the files that are taken, by suffix; None where that is nothing."""
    known = set(taken)
    others = Counter(path.suffix.lower() or "no suffix" for path in every_file(folder, follow_links) if path not in known)
    if not others:
        return None
    kinds = ", ".join(f"{suffix} {count}" for suffix, count in sorted(others.items()))
    return f"{sum(others.values())} files of {folder} are passed over: {kinds}"
