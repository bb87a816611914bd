"""The folder of a training run: found again when the run was cut off, never overwritten when it is done."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from utils.configuration.values import plain
from utils.files.whole import read_json, write_json, write_text

RUNS = Path("experiments/runs")
LENGTH_OF_HASH = 8


@dataclass
class RunFolder:
    """Where a run keeps its config, checkpoints, figures, metrics, and its state in ``run.json``.

    Attributes:
        path: the folder.
        mlflow_run_id: the MLflow run that belongs to it, once there is one.
        finished: whether training ended, the bundle is written and measured.
    """

    path: Path
    mlflow_run_id: str | None = None
    finished: bool = False

    @classmethod
    def open(cls, cfg: DictConfig) -> "RunFolder":
        """Continues the unfinished run of this config, or starts a new one, as ``trainer.resume`` says.

        Raises:
            UserError: ``trainer.resume`` names a folder that is not a run's.
        """
        resume = cfg.trainer.resume
        if resume not in ("auto", "never"):
            if not (Path(resume) / "run.json").is_file():
                raise UserError(
                    f"trainer.resume={resume}: not a run folder (it has no run.json); use auto, never or a run folder"
                )
            run = cls._read(Path(resume))
            if config_hash(OmegaConf.load(run.path / "config.yaml")) != config_hash(cfg):  # type: ignore[arg-type]
                print(f"note: {run.path} was begun with another config; it goes on with this one")
            return run
        for path in cls._names(cfg):
            if not (path / "run.json").is_file():
                break
            run = cls._read(path)
            if resume == "auto" and not run.finished:
                return run
        return cls._new(path, cfg)

    @classmethod
    def new(cls, cfg: DictConfig) -> "RunFolder":
        """A new folder, whatever there was before."""
        return cls._new(next(path for path in cls._names(cfg) if not (path / "run.json").is_file()), cfg)

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
    def _new(cls, path: Path, cfg: DictConfig) -> "RunFolder":
        run = cls(path)
        write_text(path / "config.yaml", OmegaConf.to_yaml(cfg, resolve=True))
        run.figures.mkdir(exist_ok=True)
        run.save()
        return run

    @classmethod
    def _read(cls, path: Path) -> "RunFolder":
        state = read_json(path / "run.json")
        return cls(path, state["mlflow_run_id"], state["finished"])

    def save(self) -> None:
        """Writes ``run.json``."""
        write_json(self.path / "run.json", {"mlflow_run_id": self.mlflow_run_id, "finished": self.finished})

    def finish(self) -> None:
        """Marks the run as done: the same command will start a new one."""
        self.finished = True
        self.save()

    @property
    def figures(self) -> Path:
        """Where pictures go."""
        return self.path / "figures"


def config_hash(cfg: DictConfig) -> str:
    """A short name for what a run computes; tracking, pictures, threads and the like do not change it."""
    values = plain(cfg)
    runtime, callbacks = values.pop("runtime"), values.pop("callbacks")
    for key in ("mode", "tracking", "output", "scans", "test", "tesseract_languages", "reject_below"):
        values.pop(key, None)
    values["precision"] = runtime["precision"]
    values["callbacks"] = {name: callbacks[name] for name in ("early_stopping", "reduce_on_plateau")}
    values["trainer"] = {key: value for key, value in values["trainer"].items() if key != "resume"}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:LENGTH_OF_HASH]
