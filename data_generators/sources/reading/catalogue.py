"""Which samples of a collection belong to which split: as the data say, by lists, or drawn; never a group in two."""

import hashlib
import os
import unicodedata
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from base.data_generator import SPLIT_NUMBERS
from base.errors import EmptySplit, UserError
from base.source import LeftOut
from preprocessing.text.transcription import Excluded
from utils.files.whole import read_text

NAMES_OF_SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev", "eval"),
    "test": ("test", "testing", "evaluation"),
}
CANONICAL = {name: split for split, names in NAMES_OF_SPLITS.items() for name in names}
NONE, OTHER = -1, -2  # no split stated; a split of another name
MOST_LISTED = 5
FEWEST_DRAWN = 2  # so few groups all go to train


class Catalogue:
    """Collects what a source finds, in a few bytes a sample, and then hands out the positions of one split.

    Args:
        where: what the collection is called in messages.
        cfg: the source's values: ``split`` and ``on_problem`` are read.
    """

    def __init__(self, where: str, cfg: Mapping[str, Any]) -> None:
        self.where = where
        self.rule = cfg["split"]
        self.strict = cfg["on_problem"] == "error"
        self.left_out: list[LeftOut] = []
        self._positions = array("q")
        self._groups = array("Q")
        self._splits = array("b")
        self._names: dict[int, str] = {}  # of groups, as long as there are few
        self._state = hashlib.blake2b(digest_size=6)
        self._listed = self._read_lists() if self.rule["by"] == "files" else {}

    def __len__(self) -> int:
        return len(self._positions)

    @property
    def state(self) -> str:
        """Twelve digits that change when a sample comes, goes, or gets another name, group, split or text."""
        return self._state.hexdigest()

    def add(self, position: int, name: str, group: str, split: str | None, text: str, also: tuple[str, ...] = ()) -> None:
        """Notes a sample.

        Args:
            position: what the source finds it by.
            name: its own name, as lists of files may use it.
            group: what must not be split; empty for nothing, then the sample stands for itself.
            split: what the data say, or None.
            text: what they say of it besides; a collection in which it changes is another one.
            also: other names that lists of files may use for it, such as its form.
        """
        group = group or name
        code = hash_of(group)
        self._state.update("\t".join((name, group, split or "", text, "")).encode("utf-8", "surrogatepass"))
        self._positions.append(position)
        self._groups.append(code)
        if len(self._names) < 100_000:
            self._names[code] = group
        if self.rule["by"] == "files":
            aliases = (name, PurePosixPath(name).stem, group, *also)
            split = next((self._listed[alias] for alias in aliases if alias in self._listed), None)
            self._splits.append(NONE if split is None else SPLIT_NUMBERS[split])
        else:
            known = CANONICAL.get(split.lower()) if split else None
            self._splits.append(SPLIT_NUMBERS[known] if known else OTHER if split else NONE)

    @contextmanager
    def noting(self, where: str) -> Iterator[None]:
        """A block that looks at one sample: what it raises is noted as the reason why the sample is not offered."""
        try:
            yield
        except Excluded as reason:
            self.leave_out(where, str(reason), fault=False)
        except UserError as fault:
            self.leave_out(where, str(fault), fault=True)

    def leave_out(self, where: str, reason: str, *, fault: bool) -> None:
        """Notes a sample that is not offered; a fault of the data stops the run unless ``on_problem`` is ``skip``."""
        if fault and self.strict:
            at = "" if reason.startswith(where) else f"{where}: "
            raise UserError(f"{at}{reason}; mend it, or leave such samples out with data.on_problem=skip")
        self.left_out.append(LeftOut(where, reason, fault))

    def positions(self, split: str) -> np.ndarray:
        """int64 (n,), the positions of a split in the order in which they were added.

        Raises:
            UserError: a group is in two splits.
            EmptySplit: the split has no samples.
        """
        positions = np.frombuffer(self._positions, np.int64) if len(self) else np.zeros(0, np.int64)
        groups = np.frombuffer(self._groups, np.uint64) if len(self) else np.zeros(0, np.uint64)
        splits = np.frombuffer(self._splits, np.int8) if len(self) else np.zeros(0, np.int8)
        given = self.rule["by"] in ("given", "files") or (self.rule["by"] == "auto" and bool((splits >= 0).any()))
        if not given:
            splits = self._drawn(groups)
        self._refuse_leaks(groups, splits)
        if given:
            self._list_homeless(groups, splits)
        chosen = positions[splits == SPLIT_NUMBERS[split]]
        if not len(chosen):
            raise EmptySplit(self._empty(split, given))
        return chosen.copy()

    def _list_homeless(self, groups: np.ndarray, splits: np.ndarray) -> None:
        """Lists the samples that have no place in any split."""
        reason = "none of the lists in data.split.files names it" if self.rule["by"] == "files" else "the data give it no split"
        reasons = {NONE: reason, OTHER: "its split is neither train nor val nor test"}
        for place in np.flatnonzero(splits < 0):
            group = self._names.get(int(groups[place]), self.where)
            self.left_out.append(LeftOut(f"{group} (sample {place})", reasons[int(splits[place])], fault=False))

    def _drawn(self, groups: np.ndarray) -> np.ndarray:
        """The split of each sample by a seeded hash of its group."""
        mixed = groups ^ np.uint64(hash_of(f"seed {self.rule['seed']}"))
        mixed = (mixed * np.uint64(0x9E3779B97F4A7C15)) ^ (mixed >> np.uint64(29))  # so that neighbours part
        order = np.unique(mixed)
        parts = {split: self.rule[split] for split in ("test", "val")}
        drawn = groups_by_split(order, {**parts, "train": 1 - sum(parts.values())})
        return drawn[np.searchsorted(order, mixed)]

    def _refuse_leaks(self, groups: np.ndarray, splits: np.ndarray) -> None:
        known = splits >= 0
        order = np.argsort(groups[known], kind="stable")
        ordered, of = groups[known][order], splits[known][order]
        leaks = np.flatnonzero((ordered[1:] == ordered[:-1]) & (of[1:] != of[:-1]))
        if len(leaks):
            names = list(dict.fromkeys(self._names.get(int(ordered[place]), "?") for place in leaks))
            more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
            raise UserError(
                f"{self.where}: {', '.join(names[:MOST_LISTED])}{more} would be in more than one split, so that results would "
                "be flattered; give each group one split, or draw them with data.split.by=fraction"
            )

    def _empty(self, split: str, given: bool) -> str:
        if not len(self):
            first = f" ({self.left_out[0].where}: {self.left_out[0].reason})" if self.left_out else ""
            return f"{self.where}: there are no samples{first}"
        reason = "the data give it none"
        if self.rule["by"] == "files":
            reason = f"data.split.files.{split} lists none of them"
        elif not given:
            reason = f"{len(set(self._groups))} groups are too few to draw one for it"
        return f"{self.where}: no samples in the {split} split of {len(self)} in all: {reason}; see data.split"

    def _read_lists(self) -> dict[str, str]:
        listed: dict[str, str] = {}
        for split, file in self.rule["files"].items():
            if file is None:
                continue
            if not Path(file).is_file():
                raise UserError(f"data.split.files.{split}={file}: there is no such file")
            for line in filter(None, map(str.strip, read_text(Path(file)).splitlines())):
                if listed.get(line, split) != split:
                    raise UserError(f"data.split.files: {line} is listed for both {listed[line]} and {split}")
                listed[line] = split
        if not listed:
            raise UserError("data.split.by=files: name the lists in data.split.files.train, .val and .test")
        return listed


def groups_by_split(places: np.ndarray, parts: dict[str, float]) -> np.ndarray:
    """The split of each group, int8 (groups,): the lowest places belong to the first split, the next to the second.

    A group's place alone decides, so that groups that come later move none that were there. Where there are so few groups that
    a split would have none, it gets the nearest; of the very fewest none is held out.

    Args:
        places: uint64 (groups,), ascending: where each group's hash lies.
        parts: of all places, by split, in their order; they add up to 1.
    """
    if len(places) <= FEWEST_DRAWN:
        return np.full(len(places), SPLIT_NUMBERS["train"], np.int8)
    drawn = np.digitize(places / 2.0**64, np.cumsum(list(parts.values()))[:-1])
    counts = np.bincount(drawn, minlength=len(parts))
    for number, part in enumerate(parts.values()):
        if part > 0 and not counts[number]:
            counts[counts.argmax()] -= 1
            counts[number] = 1
    return np.repeat(np.array([SPLIT_NUMBERS[split] for split in parts], np.int8), counts)


def hash_of(text: str) -> int:
    """64 bits that depend on the text alone."""
    normal = unicodedata.normalize("NFC", text)
    return int.from_bytes(hashlib.blake2b(normal.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def split_in(path: PurePosixPath) -> str | None:
    """The split that the first folder of a relative path names, or None."""
    return CANONICAL.get(path.parts[0].lower()) if len(path.parts) > 1 else None


GENERIC = {
    *("image", "images", "img", "imgs", "line", "lines", "word", "words"),
    *("page", "pages", "data", "png", "jpg", "xml", "alto"),
}


def group_in(relative: PurePosixPath) -> str:
    """What a file stands with, by its folders: the same name in two splits is the same writer, book or page.

    Folders that name a split or a kind of file are no groups, and a file that lies directly in them is its own.
    """
    folders = relative.parts[1:-1] if split_in(relative) else relative.parts[:-1]
    named = [folder for folder in folders if folder.lower() not in GENERIC]
    return "/".join(named) or str(relative.with_suffix(""))


class Inside:
    """Turns names in data files into files that lie below a root.

    Args:
        root: the folder that the data may not leave.
        follow_links: whether symbolic links in it may lead elsewhere; names may not.
    """

    def __init__(self, root: Path, follow_links: bool = False) -> None:
        self.follow_links = follow_links
        self.root = root.absolute() if follow_links else root.resolve()
        self._parents: dict[str, bool] = {}

    def allows(self, folder: Path, name: str) -> bool:
        """Whether a name that is relative to a folder stays below the root."""
        path = folder / name
        parent = str(path.parent)
        try:
            if self.follow_links:
                return Path(os.path.normpath(path.absolute())).is_relative_to(os.path.normpath(self.root))
            if parent not in self._parents:
                self._parents[parent] = path.parent.resolve().is_relative_to(self.root)
            if not self._parents[parent] or path.name in ("..", "."):
                return False
            return not path.is_symlink() or path.resolve().is_relative_to(self.root)
        except (OSError, ValueError):  # a name that no file can have
            return True

    def holds(self, path: Path) -> bool:
        """Whether a file lies below the root, symbolic links followed."""
        return self.allows(path.parent, path.name)

    def file(self, folder: Path, name: str) -> Path | None:
        """The file of that name if there is one below the root."""
        try:
            return folder / name if self.allows(folder, name) and (folder / name).is_file() else None
        except (OSError, ValueError):
            return None

    def require(self, folder: Path, name: str) -> Path:
        """The file of that name; raises UserError if it is missing or would lie outside the root."""
        if not self.allows(folder, name):
            link = " (it is a symbolic link: data.follow_links=true follows such)" if (folder / name).is_symlink() else ""
            raise UserError(f"{shortened(name)} lies outside {self.root}{link}")
        path = self.file(folder, name)
        if path is None:
            raise UserError(f"there is no image {shortened(name)}")
        return path


def shortened(name: str) -> str:
    """A name that fits a message."""
    return name if len(name) <= 120 else f"{name[:120]}..."


def existing_root(root: str | None) -> Path:
    """``data.root`` as a folder that exists; raises UserError otherwise."""
    if root is None:
        raise UserError("data.root= is missing: name the folder that holds the data")
    if not Path(root).is_dir():
        raise UserError(f"data.root={root}: there is no such folder; data.root must name a folder")
    return Path(root)
