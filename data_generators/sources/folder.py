"""The user's own images: a folder with ``labels.tsv``, or any folder of images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.synthesis.ranges import split_of
from utils.images import IMAGE_SUFFIXES, read_grey
from utils.tables import read_table

COLUMNS = ("image", "text", "group", "split")


@dataclass(frozen=True)
class Entry:
    """A line of the index: file, transcription and what it must not be split from."""

    path: Path
    text: str
    group: str


@SOURCES.register("folder")
class FolderSource(BaseSource):
    """Images under ``data.root``.

    With ``labels.tsv`` (header ``image text group split``, tab-separated, no quoting) the splits are the file's own.
    Without it all images count, and an image's split follows from its subfolder, or from its name at the top level.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        root = Path(cfg.root) if cfg.root else None
        if root is None or not root.is_dir():
            raise UserError(f"data.root={cfg.root}: there is no such folder; data.root must name a folder of images")
        labels = root / "labels.tsv"
        self.root = root
        self.entries = read_labels(labels, split) if labels.is_file() else find_images(root, split)
        if not self.entries:
            raise UserError(
                f"{root}: no images in the {split} split; give it a labels.tsv ({' '.join(COLUMNS)}), or images in more "
                "subfolders: a subfolder is in one split"
            )

    def __len__(self) -> int:
        return len(self.entries)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        entry = self.entries[index]
        return Sample(read_grey(entry.path), entry.text, entry.group, entry.path, tags={"hand": "scan", "layout": "line"})

    def fingerprint(self) -> str:
        size = sum(entry.path.stat().st_size for entry in self.entries)
        return f"folder:{self.root.name}:{len(self.entries)} files:{size} bytes"


def read_labels(path: Path, split: str) -> list[Entry]:
    """The rows of a ``labels.tsv`` that belong to a split; raises UserError that names the file and the line."""
    rows = read_table(path, COLUMNS)
    return [
        Entry(_inside(path, row["image"], number), row["text"], row["group"]) for number, row in rows if row["split"] == split
    ]


def find_images(root: Path, split: str) -> list[Entry]:
    """All images below a folder that fall into a split."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES)
    groups = [path.parent.relative_to(root).as_posix() if path.parent != root else path.stem for path in paths]
    return [Entry(path, "", group) for path, group in zip(paths, groups, strict=True) if split_of(group) == split]


def _inside(labels: Path, name: str, number: int) -> Path:
    """The path of a labelled image, which must exist below the labels' folder."""
    path = labels.parent / name
    if not path.resolve().is_relative_to(labels.parent.resolve()):
        raise UserError(f"{labels}:{number}: {name} lies outside {labels.parent}")
    if not path.is_file():
        raise UserError(f"{labels}:{number}: there is no image {name}")
    return path
