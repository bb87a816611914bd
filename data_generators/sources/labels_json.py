"""labels.json of Seq-2-Seq-OCR: ``{train|val|test: [{filename, label}]}``."""

from pathlib import Path

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.sources.reading.catalogue import CANONICAL, Catalogue, Inside, existing_root
from preprocessing.text.transcription import RULES
from utils.files.images import image_size, read_grey
from utils.files.whole import parse_json


@SOURCES.register("labels_json")
class LabelsJsonSource(BaseSource):
    """The images that ``data.root/labels.json`` (or ``data.labels_file``) lists, relative to ``data.root/<image_folder>``."""

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.path = self.root / cfg.labels_file
        self.images = self.root / cfg.image_folder
        self.rule = RULES[cfg.transcription]
        self.rows = _read_rows(self.path)
        catalogue = Catalogue(str(self.path), cfg)
        self.left_out = catalogue.left_out
        inside = Inside(self.root, cfg.follow_links)
        for position, (named, filename, label) in enumerate(self.rows):
            where = f"{self.path}: {named}[{filename}]"
            with catalogue.noting(where):
                inside.require(self.images, filename)
                self.rule(label, ())
                catalogue.add(position, filename, "", named, label)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        _, filename, label = self.rows[self.positions[index]]
        path = self.images / filename
        return Sample(read_grey(path), self.rule(label, ()), filename, path, tags={"hand": "scan", "layout": "line"})

    def text(self, index: int) -> str:
        return self.rule(self.rows[self.positions[index]][2], ())

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return image_size(self.images / self.rows[self.positions[index]][1])

    def where(self, index: int) -> str:
        return str(self.images / self.rows[self.positions[index]][1])

    def encoded(self, index: int) -> tuple[bytes, str]:
        path = self.images / self.rows[self.positions[index]][1]
        return path.read_bytes(), path.suffix

    def fingerprint(self) -> str:
        return f"labels_json:{self.root.name}:{len(self)} of {len(self.rows)}:{self.state}"


def _read_rows(path: Path) -> list[tuple[str, str, str]]:
    """(split, file name, label) of every entry; raises UserError that names the file and the place."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; data.labels_file names it")
    content = parse_json(path)
    if not isinstance(content, dict) or not all(isinstance(entries, list) for entries in content.values()):
        raise UserError(f"{path}: it must be {{train|val|test: [{{filename, label}}, ...]}}")
    rows = []
    for split, entries in content.items():
        if split.lower() not in CANONICAL:
            raise UserError(f"{path}: {split} is none of train, val, test")
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("filename", "label")):
                raise UserError(f"{path}: {split}[{number}] needs the texts filename and label")
            rows.append((split, entry["filename"], entry["label"]))
    return rows
