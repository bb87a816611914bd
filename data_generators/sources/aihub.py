"""Korean handwriting and print as AI Hub publishes it: a JSON file beside folders of images.

``{"images": [{"id", "file_name", ...}], "annotations": [{"image_id", "text", "attributes": {"type", ...}}]}``, as COCO has it.
``type`` is a syllable, a word or a sentence, in Korean.
"""

import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import UserError
from base.registry import SOURCES
from base.source import BaseSource
from base.types import Sample
from data_generators.sources.reading.catalogue import Catalogue, existing_root
from preprocessing.text.transcription import RULES
from utils.files.below import files_below
from utils.files.images import IMAGE_SUFFIXES, image_size, read_grey
from utils.files.whole import parse_json

TYPES = {"글자": "syllables", "단어": "words", "문장": "sentences"}  # by the beginning of an annotation's type


@SOURCES.register("aihub")
class AiHubSource(BaseSource):
    """The annotated images of one level; images are found by their names anywhere below ``data.root``.

    The collection names no writers. A printed image's font is its group; a handwritten one's is what is told of its writer
    (gender, age, job and, where there is one, a number), which keeps a writer in one split, and others like them too.
    """

    def __init__(self, cfg, split: str) -> None:
        super().__init__(cfg, split)
        self.root = existing_root(cfg.root)
        self.rule = RULES[cfg.transcription]
        self.images: dict[str, list[Path]] = defaultdict(list)
        for path in files_below(self.root, IMAGE_SUFFIXES, follow_links=cfg.follow_links):
            self.images[path.name].append(path)
        self.rows: list[tuple[Path, str, str, str]] = []  # image, text, group, hand
        catalogue = Catalogue(str(self.root), cfg)
        self.left_out = catalogue.left_out
        for path in self._label_files():
            self._scan(catalogue, path)
        self.state = catalogue.state
        self.positions = catalogue.positions(split)

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        path, text, group, hand = self._row(index)
        layout = "syllable" if len(text) == 1 else "line"
        return Sample(read_grey(path), self.rule(text, ()), group, path, tags={"hand": hand, "layout": layout})

    def text(self, index: int) -> str:
        return self.rule(self._row(index)[1], ())

    def size(self, index: int, rng: np.random.Generator) -> tuple[int, int]:
        return image_size(self._row(index)[0])

    def where(self, index: int) -> str:
        return str(self._row(index)[0])

    def encoded(self, index: int) -> tuple[bytes, str]:
        path = self._row(index)[0]
        return path.read_bytes(), path.suffix

    def fingerprint(self) -> str:
        return f"aihub:{self.root.name}:{len(self)} of {len(self.rows)} {self.cfg.level}:{self.state}"

    def _row(self, index: int) -> tuple[Path, str, str, str]:
        return self.rows[int(self.positions[index])]

    def _label_files(self) -> list[Path]:
        if self.cfg.labels_file is not None:
            path = self.root / self.cfg.labels_file
            if not path.is_file():
                raise UserError(f"{path}: there is no such file; data.labels_file names it")
            return [path]
        paths = files_below(self.root, (".json",), follow_links=self.cfg.follow_links)
        if not paths:
            raise UserError(f"{self.root}: there is no .json file in it; data.labels_file names one")
        return paths

    def _scan(self, catalogue: Catalogue, path: Path) -> None:
        """Notes the annotations of a file; images that are missing are faults."""
        images, annotations = _read_annotations(path)
        names = {str(image.get("id")): str(image.get("file_name", "")) for image in images}
        for number, annotation in enumerate(annotations):
            where = f"{path}: annotations[{number}]"
            told = annotation.get("attributes")
            attributes = told if isinstance(told, dict) else {}
            kind = unicodedata.normalize("NFC", str(attributes.get("type", "")))
            level = next((level for start, level in TYPES.items() if kind.startswith(start)), None)
            if self.cfg.level not in ("all", level):
                if level is None:
                    catalogue.leave_out(where, f"its type {kind!r} is none of {', '.join(TYPES)}", fault=False)
                continue
            with catalogue.noting(where):
                image = self._find(names.get(str(annotation.get("image_id")), ""), annotation.get("image_id"), path.parent)
                text = annotation.get("text")
                if not isinstance(text, str):
                    raise UserError("it has no text")
                self.rule(text, ())
                group, hand = _group_of(attributes, image.name)
                self.rows.append((image, unicodedata.normalize("NFC", text), group, hand))
                catalogue.add(len(self.rows) - 1, image.relative_to(self.root).as_posix(), group, None, text)

    def _find(self, name: str, identity: Any, beside: Path) -> Path:
        """The image of an annotation: the only one of its name below the labels' folder, else below the root.

        Raises:
            UserError: there is none, or several.
        """
        everywhere = self.images.get(Path(name).name, [])
        found = [path for path in everywhere if path.is_relative_to(beside)] or everywhere
        named = [path for path in found if path.as_posix().endswith(name)] if len(found) > 1 else found
        if len(named) != 1:
            raise UserError(f"its image {name or identity} is {'several times' if found else 'not'} below {self.root}")
        return named[0]


def _group_of(attributes: dict[str, Any], name: str) -> tuple[str, str]:
    """What must stay in one split, and whether it is handwriting or print."""
    if attributes.get("font"):
        return str(attributes["font"]), "print"
    told = [str(attributes[key]) for key in ("writer", "writer_id", "gender", "age", "job") if attributes.get(key)]
    return " ".join(told) or name, "handwriting"


def _read_annotations(path: Path) -> tuple[list[dict], list[dict]]:
    """The images and the annotations of a file; raises UserError that names it, and the place, for anything else."""
    content = parse_json(path)
    parts = [content.get(key) if isinstance(content, dict) else None for key in ("images", "annotations")]
    for key, part in zip(("images", "annotations"), parts, strict=True):
        if not isinstance(part, list) or not all(isinstance(entry, dict) for entry in part):
            raise UserError(f"{path}: it needs a list `{key}` of objects, as AI Hub's annotations have it")
    return parts[0], parts[1]  # type: ignore[return-value]
