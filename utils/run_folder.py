"""The folder of a training run: found again when the run was cut off, never overwritten when it is done."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from utils.files import read_json, write_json
from utils.values import plain

RUNS = Path("experiments/runs")
DEFINING_KEYS = ("seed", "task", "data", "model", "trainer", "objective")  # what makes two runs the same run
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
            return cls._read(Path(resume))
        first = RUNS / cfg.task.name / f"{cfg.model.name}-{config_hash(cfg)}"
        path, number = first, 1
        while (path / "run.json").is_file():
            run = cls._read(path)
            if resume == "auto" and not run.finished:
                return run
            number += 1
            path = first.with_name(f"{first.name}-{number}")
        return cls._new(path, cfg)

    @classmethod
    def for_evaluation(cls, cfg: DictConfig) -> "RunFolder":
        """A new folder for the results of ``mode=evaluate``."""
        number = 1
        while (path := RUNS / cfg.task.name / f"evaluate-{number}").exists():
            number += 1
        return cls._new(path, cfg)

    @classmethod
    def _new(cls, path: Path, cfg: DictConfig) -> "RunFolder":
        run = cls(path)
        run.figures.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(cfg, path / "config.yaml", resolve=True)
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
    """A short name for what a run computes; tracking, callbacks, threads and the like do not change it."""
    values = plain(cfg)
    defining = {key: values.get(key) for key in DEFINING_KEYS}
    defining["trainer"] = {key: value for key, value in values["trainer"].items() if key != "resume"}
    return hashlib.sha256(json.dumps(defining, sort_keys=True).encode()).hexdigest()[:LENGTH_OF_HASH]
