"""mode=demo: what the project does, from an empty folder to cleaned scans and a page that was read, in one process."""

import shutil
from pathlib import Path

import numpy as np
from omegaconf import DictConfig, OmegaConf
from PIL import Image

from base.data_generator import BaseDataGenerator
from base.errors import UserError
from base.registry import DATA_GENERATORS, PAGE_FORMATS, SOURCES
from predictors import load
from predictors.modes.predict import predict
from trainers.modes.train import train
from utils.configuration.groups import values_of
from utils.configuration.values import plain
from utils.drawing.pictures import as_rgb, contact_sheet, save_picture, side_by_side
from utils.files.images import Page
from utils.files.whole import write_text
from utils.metrics.text import character_error_rate

SCANS = {  # pages of handwriting on ruled paper: what most people come with
    "shapes": [[1, 480, 800]],
    "rendering": {"line_probability": 0.0, "print_probability": 0.0, "x_height_px": [15, 24], "ink_contrast": [0.6, 0.95]},
    "paper": {"tone": [205, 250], "shading": [0.0, 0.15]},
    "artifacts": {"clean_probability": 0.0, "picks": {"rules": {"probability": 1.0}}},
}
MARK = "demo.txt"


def demo(cfg: DictConfig) -> float:
    """Trains as the config says, then cleans scans and reads a page, all drawn here, with the shipped weights."""
    output = Path(cfg.output)
    make_room(output)
    objective = train(cfg)
    scans = draw_scans(cfg, output / "scans")
    clean(cfg, output / "scans", output / "cleaned")
    pictures = [before_and_after(scan, output / "cleaned" / scan.name) for scan in scans]
    save_picture(output / "before_after.png", contact_sheet(pictures))
    print(f"\nscans, cleaned with the shipped weights: look at {output / 'before_after.png'}")
    read_drawn_page(cfg, output)
    if cfg.tracking.name != "none":
        print("the run in MLflow: make ui    its curves and pictures: make tensorboard")
    return objective


def make_room(output: Path) -> None:
    """Takes away an earlier demonstration; raises UserError where the folder holds anything else."""
    if output.exists() and not (output / MARK).is_file():
        raise UserError(f"output={output} exists and is not a demonstration's: name another folder")
    for name in ("scans", "cleaned", "page"):
        shutil.rmtree(output / name, ignore_errors=True)
    write_text(output / MARK, "This folder is written anew by each mode=demo.\n")


def draw_scans(cfg: DictConfig, folder: Path) -> list[Path]:
    """Draws soiled pages of the test split; returns their files."""
    generator = DATA_GENERATORS.get(cfg.task.generator)
    data: BaseDataGenerator = generator(OmegaConf.merge(cfg.data, SCANS), "test", cfg.seed)
    folder.mkdir(parents=True)
    paths = [folder / f"scan_{number + 1}.png" for number in range(cfg.scans)]
    for number, path in enumerate(paths):
        Image.fromarray(data.sample(number).image).save(path)
    return paths


def clean(cfg: DictConfig, scans: Path, output: Path) -> None:
    """Runs mode=predict with the shipped weights."""
    wanted = {**values_of("mode", "predict"), "input": str(scans), "output": str(output), "overwrite": True, "sheet": 0}
    predict(OmegaConf.create({**plain(cfg), **wanted}))


def before_and_after(scan: Path, cleaned: Path) -> np.ndarray:
    """A scan and what became of it, side by side, RGB."""
    return side_by_side([as_rgb(np.asarray(Image.open(path))) for path in (scan, cleaned)])


def read_drawn_page(cfg: DictConfig, output: Path) -> None:
    """Draws a page of the test split and reads it end to end: text, PAGE, PDF and a picture of its lines."""
    drawn = SOURCES.get(cfg.page.source)(cfg.page, "test").sample(0, np.random.default_rng(cfg.seed))
    folder = output / "page"
    folder.mkdir()
    Image.fromarray(drawn.image).save(folder / "page.png")
    predictor = load("pages", runtime=cfg.runtime)
    page = predictor.read_page(Page(drawn.image, "L", {}, name="page.png"))
    for name in ("txt", "page", "pdf", "overlay"):
        PAGE_FORMATS.get(name)(page, folder / "page")
    rate = character_error_rate([(page.text.replace("\n\n", "\n"), drawn.text)])
    found = f"{len(page.lines)} of {len(drawn.lines)} lines, CER {rate:.1%}"
    print(f"\na page, read with the shipped weights: {found}\n\n{page.text}\n")
    print(f"look at {folder / 'page.overlay.png'}, and search {folder / 'page.pdf'}")
