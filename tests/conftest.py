"""What the tests share: configs composed in process, tiny networks, a folder of their own."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ["RAY_AUTH_MODE"] = "disabled"  # else the first local cluster turns it on for what this process starts later

import numpy as np
import pytest
from filelock import FileLock
from hydra import compose, initialize_config_dir
from hypothesis import settings
from omegaconf import DictConfig, OmegaConf

from utils.configuration.resolvers import register_resolvers

register_resolvers()
settings.register_profile("shared_machine", deadline=None)  # what takes long there says nothing of the code
settings.load_profile("shared_machine")
ROOT = Path(__file__).parent.parent
PYTHON = sys.executable

# The eraser at a size that trains in seconds.
TINY = [
    "task=eraser",
    "model=patch_dilated",
    "model.width=16",
    "model.depth=2",
    "trainer.epochs=1",
    "trainer.steps_per_epoch=3",
    "trainer.warmup_steps=1",
    "data.shapes=[[3,32,96],[2,64,128]]",
    "data.languages=[en]",
    "data.validation_samples=2",
    "data.test_samples=2",
    "reading_samples=0",
    "callbacks.gallery.samples=2",
]

# A reader of lines at a size that learns a few lines by heart in seconds.
TINY_LINES = [
    "task=lines",
    "model.height_px=32",
    "model.widths=[16,24,32]",
    "model.columns=64",
    "model.dilations=[1]",
    "model.lstm=[32]",
    "model.dropout=0",
    "trainer.epochs=1",
    "trainer.steps_per_epoch=3",
    "trainer.warmup_steps=1",
    "trainer.lines={buckets:[128,384],batch_px:1024,window:4,strength:none,zoom:[1,1],stretch:[1,1]}",
    "validation_samples=4",
    "callbacks.gallery.samples=2",
]
TEXTS = ["the cat sat", "on a hill", "all balls", "bees hum", "see a moon", "book keeper"]


def draw_line(text: str, size: int = 28, margin: int = 10) -> np.ndarray:
    """A printed line, uint8 (H, W), by a font that comes with Matplotlib."""
    from PIL import Image, ImageDraw, ImageFont

    from utils.drawing.pictures import caption_font

    font = ImageFont.truetype(caption_font().path, size)
    left, _, right, _ = font.getbbox(text)
    picture = Image.new("L", (int(right - left) + 2 * margin, 2 * size), 240)
    ImageDraw.Draw(picture).text((margin - left, size // 3), text, fill=30, font=font)
    return np.asarray(picture)


def write_lines(root: Path, texts: dict[str, list[str]]) -> Path:
    """A folder of printed lines with ``labels.tsv``; texts by split. Each split is a group."""
    from PIL import Image

    rows = ["image\ttext\tgroup\tsplit"]
    (root / "images").mkdir(parents=True)
    for split, lines in texts.items():
        for number, text in enumerate(lines):
            name = f"images/{split}_{number}.png"
            Image.fromarray(draw_line(text)).save(root / name)
            rows.append(f"{name}\t{text}\t{split}\t{split}")
    (root / "labels.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


def config(*overrides: str) -> DictConfig:
    """The config that a command line with these overrides would run with."""
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        cfg = compose("config", overrides=list(overrides))
    OmegaConf.resolve(cfg)
    return cfg


@pytest.fixture
def tiny() -> Callable[..., DictConfig]:
    """Composes the tiny eraser with further overrides; no tracking unless asked for."""
    return lambda *overrides: config(*TINY, "tracking=none", *overrides)


@pytest.fixture
def no_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles without model.onnx, for tests that train several times: exporting takes longer than their training."""
    monkeypatch.setattr("trainers.modes.train.can_export", lambda: False)


@pytest.fixture(autouse=True)
def own_module_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules are looked for where they were before: MLflow's copies of this program's stay in the test that loads them."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rng() -> np.random.Generator:
    """Dice that always fall the same way."""
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory):
    """A bundle of an untrained tiny eraser, with ONNX where the backend writes it."""
    from base.bundle import Bundle
    from base.registry import MODELS
    from models.export import add_onnx, can_export

    cfg = config(*TINY, "tracking=none")
    model = MODELS.get(cfg.model.name)(cfg.model)
    bundle = Bundle.write(tmp_path_factory.mktemp("bundles") / "tiny", cfg, model.weights(), model.facts())
    if can_export():
        add_onnx(bundle, model, np.random.default_rng(0).integers(0, 256, (1, 32, 64, 1), dtype=np.uint8))
    return bundle


@pytest.fixture(scope="session")
def printed_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same few texts in all splits: what was learned by heart can be measured on any."""
    return write_lines(tmp_path_factory.mktemp("lines") / "printed", dict.fromkeys(("train", "val", "test"), TEXTS))


@pytest.fixture(scope="session")
def reader_run(printed_lines: Path, tmp_path_factory: pytest.TempPathFactory):
    """A run whose reader has learned the printed lines by heart, trained once for all workers; its folder and its objective."""
    from trainers.modes.train import train

    base = tmp_path_factory.getbasetemp()
    place, before = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "reader", Path.cwd()
    with FileLock(f"{place}.lock"):
        if not (place / "objective").is_file():
            place.mkdir(exist_ok=True)
            os.chdir(place)
            try:
                cfg = config(
                    *TINY_LINES,
                    f"data.root={printed_lines}",
                    "tracking=none",
                    "trainer.steps_per_epoch=340",
                    "trainer.learning_rate=4e-3",
                    "trainer.warmup_steps=20",
                )
                (place / "objective").write_text(str(train(cfg)))
            finally:
                os.chdir(before)
    (run,) = (place / "experiments/runs/lines").iterdir()
    return run, float((place / "objective").read_text())


@pytest.fixture
def ruled_line() -> np.ndarray:
    """Handwriting-like strokes on a rule: uint8 (64, 256)."""
    image = np.full((64, 256), 230, np.uint8)
    image[45:47] = 120
    for column in range(20, 240, 24):
        image[20:50, column : column + 3] = 30
    return image


def killed(output, rest=""):
    """Leaves an output folder as a killed prediction does: a line for each input in the log, and part of the next one."""
    grouped: dict[str, list] = {}
    for line in (output / "predictions.jsonl").read_text("utf-8").splitlines():
        grouped.setdefault(json.loads(line)["image"], []).append(json.loads(line))
    log = "".join(f"{json.dumps(answers, ensure_ascii=False)}\n" for answers in grouped.values())
    (output / "predictions.partial.jsonl").write_text(log + rest, "utf-8")
    (output / "predictions.jsonl").unlink()
