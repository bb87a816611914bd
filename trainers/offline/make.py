"""mode=offline: one folder with all that a training needs, for a machine without a network."""

import filecmp
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.bundle import MANIFEST, PROVENANCE, Bundle
from base.errors import PartialFailure, UserError
from base.registry import ROOT, SOURCES
from base.source import BaseSource
from base.types import Sample
from configs.mode.offline import Config
from data_generators.modes.convert import write_set
from data_generators.sources.reading.opening import Subset, open_sources
from preprocessing.line_image import upright_line
from trainers.offline.fonts import copy_fonts
from trainers.offline.packages import archive_folder, install_packages
from utils.configuration.groups import with_defaults
from utils.configuration.values import plain
from utils.files.output_folder import unfinished

CODE = (
    "base",
    "callbacks",
    "configs",
    "data_generators",
    "models",
    "predictors",
    "preprocessing",
    "trainers",
    "utils",
    "main.py",
)
EXPERIMENT = "configs/experiment/offline.yaml"
SCRIPT = Path(__file__).with_name("run.sh")
SPLITS = ("train", "val")
FILES = ("charset", "file", "model", "folder")  # keys whose values may name files, or folders of text


def make_offline(cfg: DictConfig) -> None:
    """Writes the folder beside its name, and moves it there when it is whole and small enough.

    Raises:
        UserError: there are no sets or fonts, packages cannot be had, or the folder would be larger than ``most_mib``.
    """
    output = Path(cfg.output)
    work = unfinished(output)
    for folder in (output, work):
        if folder.exists() and any(folder.iterdir()) and not (folder / "code").is_dir():
            raise UserError(f"output={output}: {folder} holds other files; name a new folder")
    if output.exists() and not cfg.overwrite:
        raise UserError(f"output={output} exists: set overwrite=true, or name another folder")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        fill(work, cfg)
        check_size(work, cfg.most_mib)
        shutil.rmtree(output, ignore_errors=True)
        work.rename(output)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{output} is ready: copy it, then run `bash {output.name}/{SCRIPT.name} MINUTES RESULTS` there")


def fill(work: Path, cfg: DictConfig) -> None:
    """Puts all parts into an empty folder."""
    copy_code(work / "code")
    left_out = {"tracking", *(field.name for field in fields(Config))}
    values = {key: value for key, value in plain(cfg).items() if key not in left_out}
    made = [part for part in (values["data"].get("mixture") or {"": values["data"]}).values() if "fonts" in part]
    if made:
        copy_fonts(made, work / "fonts")
    values = copy_files({**values, "data": pack_data(values["data"], cfg, work)}, work)
    for key in ("init", "distil"):
        if values["trainer"].get(key) is not None:
            values["trainer"][key] = copy_bundle(values["trainer"][key], work / key)
    install_packages(work / "packages.tar.xz", list(cfg.packages), cfg.python, languages_in(values))
    for name in ("fonts", "files"):
        if (work / name).is_dir():
            archive_folder(work / name, work / f"{name}.tar.xz")
            shutil.rmtree(work / name)
    write_experiment(work / "code" / EXPERIMENT, values)
    shutil.copyfile(SCRIPT, work / SCRIPT.name)


def copy_code(folder: Path) -> None:
    """The program without its tests, weights and documents."""
    folder.mkdir()
    for name in CODE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)


def pack_data(data: dict[str, Any], cfg: DictConfig, work: Path) -> dict[str, Any]:
    """The data's config as it stands in the folder: sets of files are packed, fonts are copied."""
    if "mixture" in data:
        around = {key: value for key, value in data.items() if key != "mixture"}
        parts = {name: pack_part(name, around, part, cfg, work) for name, part in data["mixture"].items()}
        return {**data, "root": "sets", "mixture": parts}
    return pack_part("data", {}, data, cfg, work)


def pack_part(name: str, around: dict[str, Any], own: dict[str, Any], cfg: DictConfig, work: Path) -> dict[str, Any]:
    """One source: ``own`` are the values that it states itself, ``around`` those of the mixture that it stands in."""
    whole = {**around, **own}
    if "fonts" in whole:
        return {**own, "fonts": "fonts"}
    if own.get("subfolder"):
        whole["root"] = str(Path(own.get("root") or around["root"]) / own["subfolder"])
    if SOURCES.get(whole["source"]).endless:  # what it makes its lines of is small, and no image
        shutil.copytree(whole["root"], work / "sets" / name)
        return {**{key: value for key, value in own.items() if key != "subfolder"}, "root": f"sets/{name}"}
    sources = open_sources(OmegaConf.create(whole), list(SPLITS))
    pack(sources, cfg, work / "sets" / name)
    weight = {"weight": own["weight"]} if "weight" in own else {}
    values = with_defaults("data", {"name": "packed"})
    split = {**values["split"], "by": "given"}  # texts and splits are final
    return {**values, "split": split, "on_problem": whole["on_problem"], "root": f"sets/{name}", **weight}


def pack(sources: dict[str, BaseSource], cfg: DictConfig, folder: Path) -> None:
    """Writes the splits that are there as one packed set."""
    settings = {"seed": cfg.seed, "format": "packed", "quality": cfg.quality, "processes": 1, "overwrite": False}
    first = next(iter(sources.values()))
    if "val" in sources and cfg.get("validation_samples") is not None:
        sources = {**sources, "val": thinned(sources["val"], cfg.validation_samples)}
    if cfg.task.generator == "lines":
        sources = {split: UprightLines(source) for split, source in sources.items()}
    made = OmegaConf.create({**settings, "output": str(folder), "data": plain(first.cfg)})
    folder.parent.mkdir(exist_ok=True)
    try:
        write_set(made, {split: (source, len(source)) for split, source in sources.items()}, truth=False)
    except PartialFailure:  # what can be read is packed, as far as the config lets a run go on with it
        if first.cfg.get("on_problem") == "error":
            raise UserError(
                f"{folder.name}: some of its lines cannot be read (mode=check_data lists them); mend them, or set "
                "data.on_problem=skip"
            ) from None
        print((folder / "left_out.tsv").read_text("utf-8"), end="")
    for extra in ("contact_sheet.png", "recipe.json"):
        (folder / extra).unlink(missing_ok=True)


def thinned(source: BaseSource, count: int) -> BaseSource:
    """So many lines at most, spread over a source: no more of its val split are ever measured."""
    kept = np.unique(np.linspace(0, len(source) - 1, min(count, len(source)), dtype=int))
    return Subset(source, kept, [])


class UprightLines(Subset):
    """All lines of a source as a training takes them, so that it need not look at each before it begins."""

    def __init__(self, source: BaseSource) -> None:
        super().__init__(source, np.arange(len(source)), [])

    def sample(self, index: int, rng: np.random.Generator, canvas_HW: tuple[int, int] | None = None) -> Sample:
        sample = super().sample(index, rng, canvas_HW)
        return replace(sample, image=upright_line(sample.image))


def copy_bundle(bundle: str, folder: Path) -> str:
    """A bundle without what a training does not read; returns its place."""
    shutil.copytree(bundle, folder, ignore=shutil.ignore_patterns("model.onnx", "card.md", PROVENANCE, MANIFEST))
    Bundle(folder, OmegaConf.create(), Bundle.load(Path(bundle)).facts).seal()
    return folder.name


def copy_files(values: Any, work: Path) -> Any:
    """The values with the files that they name, such as charsets and texts, copied to ``files/``."""
    if isinstance(values, dict):
        return {
            key: copy_file(value, work) if key in FILES and value else copy_files(value, work) for key, value in values.items()
        }
    return [copy_files(value, work) for value in values] if isinstance(values, list) else values


def copy_file(name: Any, work: Path) -> Any:
    """The place of a copy of a file, or of a folder's; what is neither stays as it is."""
    if not isinstance(name, str) or not Path(name).exists():
        return copy_files(name, work)
    target = work / "files" / Path(name).name
    target.parent.mkdir(exist_ok=True)
    if Path(name).is_dir():
        differences = filecmp.dircmp(name, target) if target.exists() else None
        if differences and (differences.left_only or differences.right_only or differences.diff_files):
            raise UserError(f"{name}: another folder of this name is packed already; rename one of them")
        shutil.copytree(name, target, dirs_exist_ok=True)
    else:
        if target.is_file() and target.read_bytes() != Path(name).read_bytes():
            raise UserError(f"{name}: another file of this name is packed already; rename one of them")
        shutil.copyfile(name, target)
    return f"files/{target.name}"


def languages_in(values: Any) -> set[str]:
    """All languages that a config names, wherever."""
    if isinstance(values, dict):
        own = values.get("languages")
        return set(own or ()).union(*(languages_in(value) for value in values.values()))
    return set().union(*map(languages_in, values)) if isinstance(values, list) else set()


def write_experiment(path: Path, values: dict[str, Any]) -> None:
    """All values of the training as one experiment file."""
    text = OmegaConf.to_yaml(OmegaConf.create(values))
    path.write_text(f"# @package _global_\n# What this folder was made for\n{text}", encoding="utf-8")


def check_size(work: Path, most_mib: float) -> None:
    """Prints what the folder's parts take; raises UserError where that is too much."""
    sizes = {
        part.name: sum(file.stat().st_size for file in [part, *part.rglob("*")] if file.is_file()) for part in work.iterdir()
    }
    told = ", ".join(f"{name} {size / 2**20:.1f}" for name, size in sorted(sizes.items(), key=lambda item: -item[1]))
    total = sum(sizes.values()) / 2**20
    print(f"{work.name}: {total:.1f} MiB: {told}")
    if total > most_mib:
        raise UserError(
            f"the folder takes {total:.1f} MiB ({told}), more than most_mib={most_mib:g}: lower quality= (now WebP "
            "quality), or leave out sets"
        )
