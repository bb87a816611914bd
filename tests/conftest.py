"""What the tests share: configs composed in process, tiny networks, a folder of their own."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

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


@pytest.fixture
def ruled_line() -> np.ndarray:
    """Handwriting-like strokes on a rule: uint8 (64, 256)."""
    image = np.full((64, 256), 230, np.uint8)
    image[45:47] = 120
    for column in range(20, 240, 24):
        image[20:50, column : column + 3] = 30
    return image
