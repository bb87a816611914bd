"""mode=annotate_next: which images a person should transcribe, so that a reader learns most from them."""

import csv
from pathlib import Path

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from base.source import BaseSource
from base.types import Sample
from data_generators.sources.folder import COLUMNS, TABLE
from data_generators.sources.reading.opening import open_sources, sample_or_reason, sample_rng, states_splits
from predictors.engines.loading import predictor_for
from predictors.engines.weights import find_bundle
from predictors.lines import LinesPredictor, Prepared
from predictors.reading.ranking import Candidate, rank
from utils.drawing.pictures import captioned, contact_sheet, save_picture, shrink
from utils.files.images import encode_png
from utils.files.output_folder import check_replaceable, replaced_whole
from utils.files.whole import write_text
from utils.runs.progress import Progress

AT_ONCE = 192  # images
NAMES, SHEET, SHOWN = "names.txt", "contact_sheet.png", 48


def annotate_next(cfg: DictConfig) -> None:
    """Ranks the images of a split and writes the first ``count``, ready to be filled in.

    ``output/labels.tsv`` has an empty text for each image, and what the reader read beside it; ``names.txt`` lists the images
    by their names in the source, the first to transcribe first, as ``data.split.files.train`` takes them.

    Raises:
        UserError: the output exists, or there are no images.
    """
    output = Path(cfg.output)
    check_replaceable(output, cfg.mode.name, overwrite=cfg.overwrite, data=cfg.data.get("root"))
    bundle = find_bundle(cfg)
    predictor: LinesPredictor = predictor_for(bundle, cfg, cfg.engine)[0]  # type: ignore[assignment]
    source = images_of(cfg)
    if any(part.endless for part in source.parts().values()):
        raise UserError("data: name images to transcribe, such as data.root=DIR; synthetic lines need nobody")
    candidates = read_candidates(source, predictor)
    if not candidates:
        raise UserError(f"data.root={cfg.data.get('root')}: none of {len(source)} images can be read")
    chosen = rank(candidates, cfg.by, min(cfg.count, len(candidates)), cfg.pool, cfg.seed)
    with replaced_whole(cfg) as work:
        write_choice(work, source, chosen)
    mean, all_mean = (float(np.mean([candidate.confidence for candidate in group])) for group in (chosen, candidates))
    print(f"{len(chosen)} of {len(candidates)} images that can be read ({len(source)} in all)")
    print(f"their mean confidence: {mean:.2f}, that of all: {all_mean:.2f}")
    typed, wrong = sum(len(candidate.text) for candidate in chosen), sum(candidate.doubt for candidate in chosen)
    print(f"about {typed} characters to type, of which the reader is expected to have {wrong:.0f} wrong")
    print(f"fill in the texts in {output / TABLE}, then train with data.root={output}; look at {output / SHEET}")


def images_of(cfg: DictConfig) -> BaseSource:
    """The images of a split; where the data state no splits, all of them, since nothing is measured here."""
    if states_splits(cfg.data):
        print(f"the data state splits: images of {cfg.split} alone are ranked (split=), and the others held back for measuring")
        return open_sources(cfg.data, [cfg.split])[cfg.split]
    print("the data state no splits: all images are ranked")
    everything = {"split": {"by": "fraction", "val": 0.0, "test": 0.0}}
    return open_sources(OmegaConf.merge(cfg.data, everything), ["train"])["train"]


def read_candidates(source: BaseSource, predictor: LinesPredictor) -> list[Candidate]:
    """What a reader reads in every image that it can read."""
    found = []
    with Progress(len(source), "images") as shown:
        for first in range(0, len(source), AT_ONCE):
            indices = range(first, min(first + AT_ONCE, len(source)))
            samples = (sample_or_reason(source, index) for index in indices)
            images = (sample.image if isinstance(sample, Sample) else sample for sample in samples)
            lines = [(index, predictor.prepare(image)) for index, image in zip(indices, images, strict=True)]
            good = [(index, line) for index, line in lines if isinstance(line, Prepared) and not line.is_blank]
            outputs = predictor.outputs([line.image for _, line in good])
            for (index, line), output in zip(good, outputs, strict=True):
                reading = predictor.judged(line, output)
                assert reading.content is not None  # of what is not blank
                found.append(Candidate(index, reading.text, reading.sureness, reading.doubt, reading.content))
            shown.advance(len(indices))
    return found


def write_choice(folder: Path, source: BaseSource, chosen: list[Candidate]) -> None:
    """``labels.tsv`` with the images, ``names.txt``, and a contact sheet."""
    (folder / "images").mkdir()
    rows, names, pictures = [], [], []
    for number, candidate in enumerate(chosen, start=1):
        sample = source.sample(candidate.index, sample_rng(1, source.split, candidate.index))
        content, suffix = source.encoded(candidate.index) or (encode_png(sample.image), ".png")
        name = f"images/{number:04d}{suffix}"
        (folder / name).write_bytes(content)
        rows.append([name, "", sample.group, "train", f"{candidate.confidence:.4f}", " ".join(candidate.text.split())])
        names.append(name_of(source, candidate.index, sample.path))
        if number <= SHOWN:
            pictures.append(captioned(shrink(sample.image), f"{number}  {candidate.confidence:.2f}  {candidate.text}"))
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        writer.writerow([*COLUMNS, "confidence", "reading"])
        writer.writerows(rows)
    write_text(folder / NAMES, "".join(f"{name}\n" for name in names))
    save_picture(folder / SHEET, contact_sheet(pictures))


def name_of(source: BaseSource, index: int, path: Path | None) -> str:
    """What lists of files call a sample: its path below the data's root, else where it stands."""
    root = source.cfg.get("root")
    if path is None or root is None or not path.is_relative_to(root):
        return source.where(index)
    return path.relative_to(root).as_posix()
