"""mode=generate: writes samples with their truth to disk."""

import csv
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.data_generator import BaseDataGenerator
from base.errors import UserError
from base.registry import DATA_GENERATORS
from base.types import FAMILIES, Ink, Sample
from data_generators.modes.convert import generate_lines
from data_generators.sources.folder import COLUMNS
from utils.compute.pools import Lost, Opened, Pool, Work, open_pool
from utils.drawing.pictures import as_rgb, contact_sheet, ink_picture, save_picture, side_by_side
from utils.files.images import read_pixels
from utils.files.whole import write_text, written_whole
from utils.runs.progress import progress

SHEET_ROWS = 24
WRITTEN = ("images", "clean", "masks", "facts")
RECIPE = "generate.json"  # what the set is made by, so that a resume does not mix two sets


def generate(cfg: DictConfig) -> None:
    """Writes ``count`` samples of each split; without a task, those of the source as they are.

    A task's samples come with everything that is known of them: images, clean images, masks, ``labels.tsv`` and
    ``contact_sheet.png``.

    Samples that are there already are kept, so the same command goes on where it stopped.

    Raises:
        UserError: the output folder holds something else.
    """
    if cfg.get("task") is None:
        generate_lines(cfg)
        return
    output = Path(cfg.output)
    pool = open_pool(cfg, cfg.processes, output)
    prepare(output, recipe_of(cfg), overwrite=cfg.overwrite)
    generators = {split: DATA_GENERATORS.get(cfg.task.generator).of(cfg, split) for split in cfg.splits}
    rows = [row for split, generator in generators.items() for row in write_samples(cfg, output, generator, split, pool)]
    write_labels(output / "labels.tsv", rows)
    write_sheet(output, rows[:: max(1, len(rows) // SHEET_ROWS)][:SHEET_ROWS])
    print(f"{len(rows)} samples: {output / 'labels.tsv'}\nlook at: {output / 'contact_sheet.png'}")


def write_samples(cfg: DictConfig, output: Path, generator: BaseDataGenerator, split: str, pool: Pool) -> Iterator[list[str]]:
    """Writes the samples of a split; yields their rows of ``labels.tsv``."""
    opened = Opened(partial(DATA_GENERATORS.get(cfg.task.generator).of, cfg, split), generator)
    indices = range(cfg.count)
    rows = pool.map(Writing(output, opened, split), indices)
    for index, row in zip(progress(indices, split), rows, strict=True):
        if isinstance(row, Lost):
            raise UserError(f"sample {index} of {split}: {row.reason}")
        yield row


@dataclass(frozen=True)
class Writing:
    """What each worker does: it writes samples into the folder that all share."""

    output: Path
    generator: Opened[BaseDataGenerator]
    split: str

    def __call__(self) -> Work:
        return self._all

    def _all(self, indices: Iterable[int]) -> Iterator[list[str]]:
        for index in indices:
            yield write_sample(self.output, self.generator.value, self.split, index)


def recipe_of(cfg: DictConfig) -> str:
    """What the samples follow from, as JSON."""
    return json.dumps({"seed": cfg.seed, "data": OmegaConf.to_container(cfg.data, resolve=True)}, sort_keys=True, indent=1)


def prepare(output: Path, recipe: str, *, overwrite: bool) -> None:
    """Makes the folder, or accepts one that was begun with the same recipe."""
    found = output / RECIPE
    if overwrite and found.is_file():
        for name in WRITTEN:
            shutil.rmtree(output / name, ignore_errors=True)
        found.unlink()
        (output / "labels.tsv").unlink(missing_ok=True)
        (output / "contact_sheet.png").unlink(missing_ok=True)
    if output.is_dir() and any(output.iterdir()):
        if not found.is_file():
            raise UserError(f"output={output} holds other files: name a new folder")
        if found.read_text("utf-8") != recipe:
            raise UserError(f"output={output} was begun with another config or seed: set overwrite=true, or name another folder")
        return
    write_text(found, recipe)


def write_sample(output: Path, generator: BaseDataGenerator, split: str, index: int) -> list[str]:
    """Writes one sample's pictures unless they are there; returns its row of ``labels.tsv``.

    ``masks/`` holds bits of `Ink` as 8-bit grey PNG; ``masks/<family>/`` one black and white picture a family.
    """
    name = f"{split}/{index:06d}.png"
    facts = output / "facts" / f"{split}/{index:06d}.json"
    if not facts.is_file():
        sample = generator.sample(index)
        pictures = {f"images/{name}": sample.image, f"clean/{name}": sample.clean, f"masks/{name}": sample.ink}
        layers = {**FAMILIES, "text": Ink.TEXT}
        pictures |= {f"masks/{layer}/{name}": white_where(sample.truth & int(bit)) for layer, bit in layers.items()}
        for file, picture in pictures.items():
            if picture is not None:
                save_picture(output / file, picture)
        write_text(facts, json.dumps(row_of(sample, name, split), ensure_ascii=False))  # last: the sample is whole
    return json.loads(facts.read_text("utf-8"))


def row_of(sample: Sample, name: str, split: str) -> list[str]:
    """A sample's fields in the order of ``labels.tsv``, then its origin and its kinds of artifacts."""
    return [f"images/{name}", " ".join(sample.text.split()), sample.group, split, sample.origin, sample.tags.get("kinds", "")]


def white_where(flags: np.ndarray) -> np.ndarray:
    """White where flags are set: uint8 (H, W)."""
    return np.where(flags != 0, np.uint8(255), np.uint8(0))


def write_labels(path: Path, rows: list[list[str]]) -> None:
    """Writes ``labels.tsv``, whole."""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        writer.writerow([*COLUMNS, "origin", "kinds"])
        writer.writerows(rows)


def write_sheet(output: Path, rows: list[list[str]]) -> None:
    """Draws some samples beside their truth in colour."""
    pictures = []
    for row in rows:
        image = as_rgb(read_pixels(output / row[0]))
        ink = read_pixels(output / row[0].replace("images/", "masks/", 1))
        pictures.append(side_by_side([image, ink_picture(ink)]))
    save_picture(output / "contact_sheet.png", contact_sheet(pictures))
