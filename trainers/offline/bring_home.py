"""mode=bring_home: makes a bundle of what mode=fit handed over, exports and calibrates it, measures it, writes its card."""

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from base.model import BaseModel
from base.registry import DATA_GENERATORS, MODELS, TRAINERS
from trainers.modes.train import finish
from utils.compute.backend import start_keras
from utils.compute.bfloat16 import from_bfloat16
from utils.configuration.values import plain
from utils.files.parts import parts_of, read_parts
from utils.files.whole import parse_json, read_text, written_whole
from utils.runs.folder import RunFolder
from utils.runs.handover import CONFIG, FACTS, HISTORY, LOG, STATE, WEIGHTS
from utils.runs.tracking import track


def bring_home(cfg: DictConfig) -> float:
    """Measures brought weights on this machine's data; the bundle lies in a new run folder. Returns the objective's value on the
    validation split, as it was measured there.

    Raises:
        UserError: a part is missing, or the weights are of another task.
    """
    source = Path(cfg.input)
    for name in (CONFIG, HISTORY, FACTS):
        if not (source / name).is_file():
            raise UserError(f"input={source}: there is no {name}; bring home the whole folder that run.sh wrote")
    weights = arrays_in(source / WEIGHTS)
    state = arrays_in(source / STATE) if parts_of(source / STATE) else None
    trained: Any = OmegaConf.create(read_text(source / CONFIG))
    if trained.task.name != cfg.task.name:
        raise UserError(f"input={source} was trained for task={trained.task.name}, not for task={cfg.task.name}")
    kept = {name: trained[name] for name in ("seed", "model", "text_rules", "trainer") if name in trained}
    cfg = OmegaConf.create({**plain(cfg), **plain(OmegaConf.create(kept))})
    for name in ("init", "distil", "beside"):
        if name in cfg.trainer:
            cfg.trainer[name] = None
    facts = parse_json(source / FACTS)
    facts["device"] = f"{facts['device']}; measured with {start_keras(cfg.runtime)}"
    run = RunFolder.new(cfg)
    for name in (HISTORY, LOG):
        if (source / name).is_file():
            shutil.copyfile(source / name, run.path / name)
    if state is not None:
        keep(run.path / "checkpoints" / "last.npz", state)
    keep(run.path / "checkpoints" / "best.npz", weights)
    with track(cfg, run, facts) as tracker:
        validation, test = (DATA_GENERATORS.get(cfg.task.generator).of(cfg, split) for split in ("val", "test"))
        model = MODELS.get(cfg.model.name)(cfg.model)
        load(model, weights, source)
        trainer = TRAINERS.get(cfg.trainer.name)(cfg, model, validation, validation)
        validated = finish(trainer, test, run, tracker, facts)
    run.finish()
    return validated[f"val_{cfg.objective}"]


def load(model: BaseModel, weights: dict[str, np.ndarray], source: Path) -> None:
    """Gives a model brought weights; raises UserError where they are of another network."""
    try:
        model.load_weights(weights)
    except (KeyError, ValueError) as error:
        raise UserError(f"input={source}: its weights do not fit its config ({error}); bring home the whole folder") from error


def arrays_in(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz file that came in parts; raises UserError where one is missing or broken."""
    content = read_parts(path)
    if content is None:
        raise UserError(f"{path.parent}: a part of {path.name} is missing ({path.name}.000 and so on); bring home all of them")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
        raise UserError(f"{path.parent}: the parts of {path.name} make no whole file ({error}); bring them home again") from error


def keep(path: Path, state: dict[str, np.ndarray]) -> None:
    """Writes a checkpoint, from which ``trainer.resume`` can go on with more minutes."""
    with written_whole(path) as aside:
        arrays = {name: from_bfloat16(array) if array.dtype == np.uint16 else array for name, array in state.items()}
        np.savez(aside, allow_pickle=False, **arrays)
