"""mode=convert, and mode=generate without a task: writes the samples of a source as a set of files."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.errors import PartialFailure, UserError
from base.registry import WRITERS
from base.source import BaseSource, LeftOut
from base.types import Sample
from base.writer import Record
from data_generators.modes.parallel import in_chunks
from data_generators.sources.reading.opening import all_left_out, open_sources, sample_rng
from utils.compute.pools import Pool, open_pool
from utils.drawing.pictures import contact_sheet, save_picture, shrink
from utils.files.images import decode_grey, encode_png, encode_webp
from utils.files.output_folder import unfinished
from utils.files.whole import write_text
from utils.runs.progress import Progress

RECIPE, LEFT_OUT, SHEET = "recipe.json", "left_out.tsv", "contact_sheet.png"
SHEET_ROWS = 24


@dataclass(frozen=True)
class Making:
    """What turns an index into a record."""

    seed: int
    split: str
    truth: bool  # with masks and glyph boxes, where they are known
    quality: int | None = None  # of WebP, in which images are written anew, in grey


def convert(cfg: DictConfig) -> None:
    """Writes every sample of a source in another format; image files go over byte for byte, or in WebP of some quality.

    Raises:
        UserError: the output exists, or was begun with another config.
        PartialFailure: some samples could not be read; ``left_out.tsv`` lists them.
    """
    sources = open_sources(cfg.data, list(cfg.splits))
    write_set(cfg, {split: (source, len(source)) for split, source in sources.items()}, truth=False)


def generate_lines(cfg: DictConfig) -> None:
    """Writes ``count`` samples of each split of a source that makes them up."""
    sources = open_sources(cfg.data, list(cfg.splits))
    write_set(cfg, {split: (source, cfg.count) for split, source in sources.items()}, truth=cfg.truth)


def write_set(cfg: DictConfig, sources: dict[str, tuple[BaseSource, int]], *, truth: bool) -> None:
    """Writes beside the output folder, and moves it to its name when it is whole; a run that was stopped goes on."""
    output = Path(cfg.output)
    pool = open_pool(cfg, cfg.processes, unfinished(output))
    work = begin(output, recipe_of(cfg, sources), overwrite=cfg.overwrite)
    counted = {
        split: write_split(cfg, work, source, count, Making(cfg.seed, split, truth, cfg.get("quality")), pool)
        for split, (source, count) in sources.items()
    }
    faults = note_left_out(work, {split: source for split, (source, _) in sources.items()})
    draw_sheet(work / SHEET, sources, cfg.seed)
    if output.exists():
        shutil.rmtree(output)
    work.rename(output)
    for split in sources:  # only now: a run that is stopped before needs them
        failure_log(output, split).unlink()
    for split, written in counted.items():
        print(f"{split}: {written} samples")
    print(f"in {output} as {cfg.format}; look at {output / SHEET}")
    if faults:
        raise PartialFailure(f"{faults} samples are left out because something is wrong with them: {output / LEFT_OUT} says what")


def recipe_of(cfg: DictConfig, sources: dict[str, tuple[BaseSource, int]]) -> str:
    """What the set follows from, as JSON: the config, and what the data are now."""
    values = {key: cfg.get(key) for key in ("seed", "format", "count", "truth", "quality")}
    values["splits"] = {split: [count, source.fingerprint()] for split, (source, count) in sources.items()}
    return json.dumps({**values, "data": OmegaConf.to_container(cfg.data, resolve=True)}, sort_keys=True, indent=1)


def begin(output: Path, recipe: str, *, overwrite: bool) -> Path:
    """The folder to work in: a new one, or one that was begun with the same recipe.

    Raises:
        UserError: the output holds other files, or exists and ``overwrite`` is not set.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        if not (output / RECIPE).is_file():
            raise UserError(f"output={output} holds other files: name a new folder")
        if not overwrite:
            raise UserError(f"output={output} exists: set overwrite=true, or name another folder")
    work = unfinished(output)
    if work.is_dir() and ((work / RECIPE).read_text("utf-8") if (work / RECIPE).is_file() else "") != recipe:
        if not overwrite:
            raise UserError(f"{work} was begun with another config or seed: set overwrite=true to begin anew")
        shutil.rmtree(work)
    if not work.is_dir():
        write_text(work / RECIPE, recipe)
    return work


def write_split(cfg: DictConfig, work: Path, source: BaseSource, count: int, making: Making, pool: Pool) -> int:
    """Writes one split from where it stands; returns how many samples it has."""
    writer = WRITERS.get(cfg.format)(work, making.split, count)
    failures = failure_log(work, making.split)
    failed = [int(line.split("\t")[0]) for line in failures.read_text("utf-8").splitlines()] if failures.is_file() else []
    first = _resume_at(writer.done(), sorted(set(failed)))
    with Progress(count, making.split, done=first) as shown, failures.open("a", encoding="utf-8") as log:
        for number, made in in_chunks(source, range(first, count), make_records, making, pool):
            for record in made:  # first: a failure that is noted twice does no harm, a record that is written twice does
                if not isinstance(record, Record):
                    log.write(_row(str(record[0]), record[1].where, record[1].reason))
            log.flush()
            writer.write([record for record in made if isinstance(record, Record)])
            shown.advance(number)
    written = writer.done()
    writer.close()
    return written


def _resume_at(done: int, failed: list[int]) -> int:
    """The first index that is neither written nor known to fail, if the first ``done`` good ones are written."""
    index = done
    for place in failed:
        if place <= index:
            index += 1
    return index


def make_records(source: BaseSource, indices: np.ndarray, making: Making) -> list[Record | tuple[int, LeftOut]]:
    """Records for some indices; one that cannot be read becomes its index and the reason."""
    made: list[Record | tuple[int, LeftOut]] = []
    for index in map(int, indices):
        try:
            made.append(make_record(source, index, making))
        except UserError as error:
            made.append((index, LeftOut(source.where(index), str(error), fault=True)))
    return made


def make_record(source: BaseSource, index: int, making: Making) -> Record:
    """One sample as it is stored; raises UserError where its image cannot be read."""
    sample = source.sample(index, sample_rng(making.seed, making.split, index))
    if making.quality is None:
        content, suffix = source.encoded(index) or (encode_png(sample.image), ".png")
    else:
        content, suffix = encode_webp(sample.image, making.quality), ".webp"
    name = source.where(index).removeprefix(str(Path(source.cfg.get("root") or "."))).lstrip("/\\")
    extras = _truth(sample) if making.truth else source.extras(index)
    return Record(name, content, suffix, sample.text, sample.group, sample.origin, extras)


def _truth(sample: Sample) -> dict[str, bytes]:
    """Masks (bits of `Ink`) and glyph boxes, as files."""
    extras = {}
    if sample.ink is not None:
        extras["mask.png"] = encode_png(sample.ink)
    if sample.glyphs:
        boxes = [
            {key: round(value, 1) if isinstance(value, float) else value for key, value in asdict(glyph).items()}
            for glyph in sample.glyphs
        ]
        extras["glyphs.json"] = json.dumps(boxes, ensure_ascii=False).encode()
    return extras


def failure_log(folder: Path, split: str) -> Path:
    """Where the samples of a split that cannot be read are noted while it is written: index, place, reason."""
    return folder / f".{split}.failed.tsv"


def note_left_out(work: Path, sources: dict[str, BaseSource]) -> int:
    """Writes ``left_out.tsv``: what the sources do not offer, and what could not be read; returns how many are faults."""
    rows = {(left.where, "fault" if left.fault else "rule", left.reason) for left in all_left_out(sources.values())}
    for split in sources:
        for line in failure_log(work, split).read_text("utf-8").splitlines():
            _, where, reason = line.split("\t", 2)
            rows.add((where, "fault", reason))
    write_text(work / LEFT_OUT, "".join(_row(*row) for row in [("where", "kind", "reason"), *sorted(rows)]))
    return sum(kind == "fault" for _, kind, _ in rows)


def _row(*fields: str) -> str:
    """A row of a table without quoting."""
    return "\t".join(" ".join(field.split()) for field in fields) + "\n"


def draw_sheet(path: Path, sources: dict[str, tuple[BaseSource, int]], seed: int) -> None:
    """Some samples of every split below each other."""
    rows = []
    for split, (source, count) in sources.items():
        for index in np.linspace(0, count - 1, min(count, SHEET_ROWS // len(sources)), dtype=int):
            record = make_record_or_none(source, int(index), Making(seed, split, truth=False))
            if record is not None:
                rows.append(shrink(decode_grey(record.content, record.name)))
    if rows:
        save_picture(path, contact_sheet(rows))


def make_record_or_none(source: BaseSource, index: int, making: Making) -> Record | None:
    """A record, or None where the sample cannot be read (it is listed already)."""
    made: Any = make_records(source, np.array([index]), making)[0]
    return made if isinstance(made, Record) else None
