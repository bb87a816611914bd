"""What cluster=ray can be asked for."""

import importlib.util
from dataclasses import dataclass

from base.errors import UserError


@dataclass
class Config:
    """Where the workers are, and what each of them needs."""

    name: str
    address: str | None  # auto, HOST:PORT, ray://HOST:PORT
    workers: int | None  # at least 1
    cpus_per_task: int  # at least 1
    gpus_per_task: float  # 0 or more
    retries: int  # 0 or more
    in_flight: int  # at least 1


def check(cfg) -> None:
    """Raises UserError where Ray is not installed, or for numbers that no cluster can have."""
    check_values(cfg.cluster, "cluster")


def check_values(cluster, key_of_all: str) -> None:
    """The same for values that stand under another key too, as those of ``hydra/launcher=ray`` do."""
    if importlib.util.find_spec("ray") is None:
        raise UserError(f"{key_of_all}: Ray is not installed; make env-cluster, or pip install -e .[cluster]")
    for key in ("workers", "cpus_per_task", "in_flight"):
        if cluster[key] is not None and cluster[key] < 1:
            raise UserError(f"{key_of_all}.{key}={cluster[key]}: it must be at least 1")
    for key in ("gpus_per_task", "retries"):
        if cluster[key] < 0:
            raise UserError(f"{key_of_all}.{key}={cluster[key]}: it must be 0 or more")
