"""mode=check_data: reads everything once and says what is wrong with it and what is strange."""

import json
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from omegaconf import DictConfig, open_dict

from base.errors import PartialFailure
from base.report import Table
from base.source import BaseSource
from data_generators.modes.parallel import in_chunks
from data_generators.modes.tally import FINDINGS, Looking, Tally, look_at
from data_generators.sources.reading.opening import all_left_out, count_of, open_sources, sample_rng
from preprocessing.text.charset import Charset
from utils.compute.pools import Pool, open_pool
from utils.drawing.pictures import captioned, contact_sheet, save_picture, shrink
from utils.files.whole import write_text, written_whole
from utils.runs.progress import Progress

STRANGEST = 24
FAULTS = ("unreadable", "broken")


@dataclass(frozen=True)
class Oddity:
    """A sample that is unlike the others, how much (in robust standard deviations), and in what."""

    split: str
    index: int
    score: float
    reason: str


def check_data(cfg: DictConfig) -> None:
    """Prints tables; writes ``report.json``, ``findings.tsv`` (every finding) and ``strangest.png``.

    Raises:
        UserError: the data cannot be opened at all, or a group is in two splits.
        PartialFailure: there are samples that no training could use.
    """
    with open_dict(cfg.data):  # here all problems are to be seen, not the first
        for part in (cfg.data, *cfg.data.get("mixture", {}).values()):
            part.on_problem = "skip"
    sources = open_sources(cfg.data, list(cfg.splits), most_synthetic=cfg.samples)
    charset = Charset.read(Path(cfg.charset)) if cfg.charset else None
    output, found = Path(cfg.output), Counter[str]()
    with written_whole(output / "findings.tsv") as aside, aside.open("w", encoding="utf-8") as listing:
        listing.write("kind\tsplit\twhere\tdetail\n")
        note_left_out(sources, listing, found)
        pool, tallies = open_pool(cfg, cfg.processes, output), {}
        for split, source in sources.items():
            looking = Looking(split, cfg.seed, charset, cfg.height_px, cfg.frame_px)
            tallies[split] = look_at_all(source, count_of(source, cfg.samples), looking, pool, listing, found)
        note_duplicates(sources, tallies, listing, found)
    oddities = strangest(tallies, cfg.height_px)
    draw_oddities(output / "strangest.png", sources, oddities, cfg.seed)
    report = report_of(tallies, found, sources)
    write_text(output / "report.json", json.dumps(report, ensure_ascii=False, indent=1))
    print_report(tallies, found, output)
    if any(found[kind] for kind in FAULTS):
        raise PartialFailure(f"some samples are broken: {output / 'findings.tsv'} lists them")


def note_left_out(sources: dict[str, BaseSource], listing: TextIO, found: Counter[str]) -> None:
    """Lists what the sources do not offer."""
    for left in all_left_out(sources.values()):
        kind = "broken" if left.fault else "left_out"
        _note(listing, found, kind, "", left.where, left.reason)


def look_at_all(source: BaseSource, count: int, looking: Looking, pool: Pool, listing: TextIO, found: Counter[str]) -> Tally:
    """Reads a split; findings go to the listing as they come, so that memory does not grow with them."""
    tallies: list[Tally] = []
    characters: Counter[str] = Counter()
    with Progress(count, looking.split) as shown:
        for number, tally in in_chunks(source, range(count), look_at, looking, pool):
            for kind, where, detail in tally.findings:
                _note(listing, found, kind, looking.split, where, detail)
            tally.findings = []
            characters.update(tally.characters)
            tally.characters = Counter()
            tallies.append(tally)
            shown.advance(number)
    joined = Tally.joined(tallies)
    joined.characters = characters
    return joined


def note_duplicates(sources: dict[str, BaseSource], tallies: dict[str, Tally], listing: TextIO, found: Counter[str]) -> None:
    """Lists images that are in more than one split, pixel for pixel."""
    names = list(tallies)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            _, here, there = np.intersect1d(tallies[first].hashes, tallies[second].hashes, return_indices=True)
            for a, b in zip(here, there, strict=True):
                where = sources[first].where(int(tallies[first].indices[a]))
                other = sources[second].where(int(tallies[second].indices[b]))
                _note(listing, found, "duplicate", first, where, f"the same picture as {other} in {second}")


def _note(listing: TextIO, found: Counter[str], kind: str, split: str, where: str, detail: str) -> None:
    found[kind] += 1
    listing.write("\t".join(" ".join(part.split()) for part in (kind, split, where, detail)) + "\n")


def strangest(tallies: dict[str, Tally], height_px: int) -> list[Oddity]:
    """The samples farthest from the median in height, width a character, or contrast, strangest first."""
    oddities = []
    for split, tally in tallies.items():
        features = {
            ("low", "high"): np.log(tally.sizes[:, 0]),
            ("narrow for its text", "wide for its text"): np.log(tally.width_of_character(height_px)),
            ("faint", "hard in contrast"): np.log(np.maximum(tally.contrast, 1.0)),
        }
        for (less, more), values in features.items():
            deviations = _robust_deviations(values)
            for place in np.argsort(-np.abs(deviations))[:STRANGEST]:
                reason = more if deviations[place] > 0 else less
                oddities.append(Oddity(split, int(tally.indices[place]), abs(float(deviations[place])), f"very {reason}"))
    best: dict[tuple[str, int], Oddity] = {}
    for oddity in sorted(oddities, key=lambda oddity: oddity.score):
        best[oddity.split, oddity.index] = oddity
    return sorted(best.values(), key=lambda oddity: -oddity.score)[:STRANGEST]


def _robust_deviations(values: np.ndarray) -> np.ndarray:
    """How many standard deviations from the median, the deviation taken from the median of distances (MAD)."""
    usable = np.isfinite(values)
    if not usable.any():
        return np.zeros(len(values))
    middle = np.median(values[usable])
    spread = 1.4826 * np.median(np.abs(values[usable] - middle))
    return np.where(usable, (values - middle) / max(float(spread), 0.05), 0.0)


def draw_oddities(path: Path, sources: dict[str, BaseSource], oddities: list[Oddity], seed: int) -> None:
    """A contact sheet of the strangest samples, each with what is strange and its text."""
    rows = []
    for oddity in oddities:
        sample = sources[oddity.split].sample(oddity.index, sample_rng(seed, oddity.split, oddity.index))
        where = sources[oddity.split].where(oddity.index)
        rows.append(captioned(shrink(sample.image), f"{oddity.reason} ({oddity.score:.0f} deviations) · {sample.text} · {where}"))
    if rows:
        save_picture(path, contact_sheet(rows))


def report_of(tallies: dict[str, Tally], found: Counter[str], sources: dict[str, BaseSource]) -> dict[str, Any]:
    """Everything in numbers, for report.json."""
    characters = sum((tally.characters for tally in tallies.values()), Counter[str]())
    return {
        "splits": {split: _figures(tally) | {"source": sources[split].fingerprint()} for split, tally in tallies.items()},
        "findings": {kind: found[kind] for kind in FINDINGS},
        "characters": dict(characters.most_common()),
        "only_in": {split: _only_in(split, tallies) for split in tallies},
    }


def _figures(tally: Tally) -> dict[str, Any]:
    def spread(values: np.ndarray) -> dict[str, float]:
        marks = np.percentile(values, [0, 5, 50, 95, 100]) if len(values) else np.zeros(5)
        return dict(zip(("least", "5%", "median", "95%", "most"), marks.round(1).tolist(), strict=True))

    return {
        "samples": len(tally.indices),
        "characters": int(tally.lengths.sum()),
        "height_px": spread(tally.sizes[:, 0]),
        "width_px": spread(tally.sizes[:, 1]),
        "text_length": spread(tally.lengths),
    }


def _only_in(split: str, tallies: dict[str, Tally]) -> str:
    """Characters that no other split has."""
    others = set().union(*(tally.characters for name, tally in tallies.items() if name != split))
    return "".join(sorted(set(tallies[split].characters) - others)) if len(tallies) > 1 else ""


def print_report(tallies: dict[str, Tally], found: Counter[str], output: Path) -> None:
    """The tables that people read."""
    sizes = Table("samples", ["split", "samples", "characters", "height px (5%, median, 95%)", "width px", "text length"])
    for split, tally in tallies.items():
        figures = _figures(tally)
        spreads = [
            f"{figures[key]['5%']:.0f}  {figures[key]['median']:.0f}  {figures[key]['95%']:.0f}"
            for key in ("height_px", "width_px", "text_length")
        ]
        sizes.rows.append([split, str(figures["samples"]), str(figures["characters"]), *spreads])
    characters = sum((tally.characters for tally in tallies.values()), Counter[str]())
    table = Table(f"characters: {len(characters)}, the rarest last", ["character", "times"])
    common = characters.most_common()
    shown = common if len(common) <= 24 else [*common[:8], *common[-16:]]
    table.rows = [[_readable(character), str(times)] for character, times in shown]
    problems = Table("findings", ["what", "how many"], [[FINDINGS[kind], str(found[kind])] for kind in FINDINGS])
    print("\n\n".join(table.text() for table in (sizes, table, problems)))
    for split in tallies:
        alone = _only_in(split, tallies)
        if alone:
            print(f"\ncharacters only in {split}: {' '.join(alone)}")
    print(f"\nreport: {output / 'report.json'}\nevery finding: {output / 'findings.tsv'}\nlook at: {output / 'strangest.png'}")


def _readable(character: str) -> str:
    """A character with its code point, and its name where it cannot be seen."""
    visible = "" if character.isspace() or unicodedata.category(character)[0] in "CM" else f"{character}  "
    name = "" if visible else f" {unicodedata.name(character, '')}"
    return f"{visible}U+{ord(character):04X}{name}"
