"""The folder of a training run: found again when the run was cut off, never overwritten when it is done."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, zip_longest
from pathlib import Path

from filelock import FileLock, Timeout
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError  # type: ignore[import-untyped]

from base.errors import UserError
from utils.configuration.values import plain
from utils.files.whole import read_json, write_json, write_text

RUNS = Path("experiments/runs")
LENGTH_OF_HASH = 8
STATE = "run.json"
LOCK = ".lock"  # held by the process that trains, and let go by the system however that ends


@dataclass
class RunFolder:
    """Where a run keeps its config, checkpoints, figures, metrics, and its state in ``run.json``.

    Attributes:
        path: the folder.
        mlflow_run_id: the MLflow run that belongs to it, once there is one.
        finished: whether training ended, the bundle is written and measured.
        data: the fingerprints of what it trains and validates on; None where it was not begun here.
    """

    path: Path
    mlflow_run_id: str | None = None
    finished: bool = False
    data: str | None = None

    @classmethod
    @contextmanager
    def owned(cls, cfg: DictConfig, data: str) -> Iterator["RunFolder"]:
        """The unfinished run of this config, or a new one, as ``trainer.resume`` says; no other process trains it meanwhile.

        Args:
            cfg: of the run.
            data: the fingerprints of what it trains and validates on.

        Raises:
            UserError: ``trainer.resume`` names a folder that is not a run's, another process trains it, or it was begun with
                other data and nobody says that it shall go on with these.
        """
        with locked(cls._place_of(cfg)) as path:
            yield cls._resumed(path, cfg, data) if (path / STATE).is_file() else cls._new(path, cfg, data)

    @classmethod
    def _resumed(cls, path: Path, cfg: DictConfig, data: str) -> "RunFolder":
        """A run that goes on; what is different now is said, or refused where nobody named the folder."""
        run = cls._read(path)
        before = config_in(path)
        if before is None:
            print(f"note: {path / 'config.yaml'} is damaged")
        elif before != config_hash(cfg):
            print(f"note: {path} was begun with another config; it goes on with this one")
        if run.data not in (None, data):
            changed = f"{path} was begun with other data ({difference(str(run.data), data)})"
            if cfg.trainer.resume == "auto":
                raise UserError(f"{changed}: start anew with trainer.resume=never, or go on with these by trainer.resume={path}")
            print(f"note: {changed}; it goes on with these")
        run.data = data
        run.save()
        return run

    @classmethod
    def _place_of(cls, cfg: DictConfig) -> Path:
        resume = cfg.trainer.resume
        if resume == "never":
            return cls._unused(cfg)
        if resume == "auto":
            return next(path for path in cls._names(cfg) if not (path / STATE).is_file() or not cls._read(path).finished)
        if not (Path(resume) / STATE).is_file():
            raise UserError(f"trainer.resume={resume}: not a run folder (it has no {STATE}); use auto, never or a run folder")
        return Path(resume)

    @classmethod
    def new(cls, cfg: DictConfig) -> "RunFolder":
        """A new folder, whatever there was before."""
        return cls._new(cls._unused(cfg), cfg)

    @classmethod
    def _unused(cls, cfg: DictConfig) -> Path:
        """The first name that no run of this config has."""
        return next(path for path in cls._names(cfg) if not path.exists())

    @staticmethod
    def _names(cfg: DictConfig) -> Iterator[Path]:
        """The folders of this config's runs, from the first on."""
        first = RUNS / cfg.task.name / f"{cfg.model.name}-{config_hash(cfg)}"
        yield first
        for number in count(2):
            yield first.with_name(f"{first.name}-{number}")

    @classmethod
    def for_evaluation(cls, cfg: DictConfig) -> "RunFolder":
        """A new folder for the results of ``mode=evaluate``."""
        for number in count(1):
            path = RUNS / cfg.task.name / f"evaluate-{number}"
            try:
                path.mkdir(parents=True)  # two evaluations at once cannot both make it
            except FileExistsError:
                continue
            return cls._new(path, cfg)
        raise AssertionError("numbers do not end")

    @classmethod
    def at(cls, path: Path, cfg: DictConfig) -> "RunFolder":
        """A folder that the user names, for results that belong to no run of a task."""
        return cls._new(path, cfg)

    @classmethod
    def _new(cls, path: Path, cfg: DictConfig, data: str | None = None) -> "RunFolder":
        run = cls(path, data=data)
        write_text(path / "config.yaml", OmegaConf.to_yaml(cfg, resolve=True))
        run.figures.mkdir(exist_ok=True)
        run.save()
        return run

    @classmethod
    def _read(cls, path: Path) -> "RunFolder":
        try:
            state = read_json(path / STATE)
            return cls(path, state["mlflow_run_id"], state["finished"], state.get("data"))
        except (ValueError, KeyError, TypeError):
            print(f"note: {path / STATE} is damaged; the run goes on from its last checkpoint, and is tracked as a new one")
            return cls(path)

    def save(self) -> None:
        """Writes ``run.json``."""
        write_json(self.path / STATE, {"mlflow_run_id": self.mlflow_run_id, "finished": self.finished, "data": self.data})

    def finish(self) -> None:
        """Marks the run as done: the same command will start a new one."""
        self.finished = True
        self.save()

    @property
    def figures(self) -> Path:
        """Where pictures go."""
        return self.path / "figures"


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Makes a folder where there is none, and holds it; raises UserError while another process does."""
    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"{folder} is being trained by another process: wait for it, or start a run of its own with trainer.resume=never"
        ) from error
    except OSError as error:
        raise UserError(f"{folder}: it cannot be written ({error.strerror or error})") from error
    try:
        yield folder
    finally:
        lock.release()


def is_held(folder: Path) -> bool:
    """Whether a process holds a folder by `locked`."""
    if not (folder / LOCK).is_file():
        return False
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def difference(before: str, now: str) -> str:
    """The first part in which two fingerprints differ, as it was and as it is."""
    pairs = zip_longest(before.split(" + "), now.split(" + "), fillvalue="nothing")
    return next(f"then {old}, now {new}" for old, new in pairs if old != new)


def config_in(folder: Path) -> str | None:
    """The `config_hash` of the config that a run was begun with; None where that cannot be read."""
    try:
        return config_hash(OmegaConf.load(folder / "config.yaml"))  # type: ignore[arg-type]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, YAMLError, OmegaConfBaseException):
        return None


def config_hash(cfg: DictConfig) -> str:
    """A short name for what a run computes; tracking, pictures, threads and the like do not change it."""
    values = plain(cfg)
    runtime, callbacks = values.pop("runtime"), values.pop("callbacks")
    for key in ("mode", "cluster", "tracking", "output", "scans", "test", "tesseract_languages", "reject_below"):
        values.pop(key, None)
    values["precision"] = runtime["precision"]
    values["callbacks"] = {name: callbacks[name] for name in ("early_stopping", "reduce_on_plateau")}
    values["trainer"] = {key: value for key, value in values["trainer"].items() if key != "resume"}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:LENGTH_OF_HASH]
