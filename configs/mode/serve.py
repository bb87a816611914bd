"""The keys of mode=serve."""

from dataclasses import dataclass
from typing import Any

from base.bundle import MANIFEST, bundle_folder
from base.errors import UserError
from base.registry import unknown_name
from configs.mode.train import Mode
from utils.configuration.groups import names_in

TASK_IS_OPTIONAL = True
DATA_IS_UNUSED = True
WHEN_STOPPED = "nothing is served any more"
LOCAL = ("127.0.0.1", "localhost", "::1")
SHORTEST_TOKEN = 16
DEFAULT_READER = "default"  # what requests call the weights of ``weights``


@dataclass
class Auth:
    """Who may ask."""

    token: str | None


@dataclass
class Limits:
    """What one server takes on."""

    upload_mib: int
    megapixels: int
    pages: int
    waiting: int
    waiting_megapixels: int
    at_once: int
    seconds: int
    import_mib: int
    import_pages: int


@dataclass
class Learning:
    """How the workbench lets readers learn."""

    experiment: str
    minutes: float
    overrides: list[str]


@dataclass
class Config:
    """Where to listen, and what for."""

    mode: Mode
    host: str
    port: int
    hosts: list[str]
    auth: Auth
    weights: dict[str, str | None]  # task to pretrained, or a bundle folder
    options: dict[str, dict[str, Any]]  # task to its keys
    readers: dict[str, dict[str, dict[str, Any]]]  # task to name to weights and keys
    limits: Limits
    workbench: bool | None
    store: Any  # a folder, or folder and url
    learning: Learning


def wants_workbench(cfg) -> bool:
    """Whether there is a workbench: where nobody says, on this machine's own address alone, and with a reader of pages."""
    return cfg.host in LOCAL and cfg.weights.get("pages") is not None if cfg.workbench is None else bool(cfg.workbench)


def check(cfg) -> None:
    """Raises UserError for an address that is open to others without a token, and for bundles that are not there."""
    if cfg.host not in LOCAL and not cfg.auth.token:
        raise UserError(f"host={cfg.host} lets other machines in: set auth.token=SECRET too, or use host=127.0.0.1")
    if cfg.auth.token is not None and len(str(cfg.auth.token)) < SHORTEST_TOKEN:
        raise UserError(f"auth.token: at least {SHORTEST_TOKEN} characters are needed")
    if not 1 <= cfg.port <= 65535:
        raise UserError(f"port={cfg.port}: from 1 to 65535")
    for key, value in cfg.limits.items():
        if value < 1:
            raise UserError(f"limits.{key}={value}: it must be at least 1")
    if cfg.limits.waiting < cfg.limits.pages:
        raise UserError(
            f"limits.waiting={cfg.limits.waiting}: at least limits.pages={cfg.limits.pages}, or no such file is ever read"
        )
    if cfg.limits.waiting_megapixels < cfg.limits.megapixels:
        raise UserError(
            f"limits.waiting_megapixels={cfg.limits.waiting_megapixels}: at least limits.megapixels={cfg.limits.megapixels}, or "
            "no such picture is ever read"
        )
    if cfg.workbench and cfg.weights.get("pages") is None:
        raise UserError("workbench=true reads pages: name weights.pages too, or set workbench=false")
    if not isinstance(cfg.store, str) and set(cfg.store) != {"folder", "url"}:
        raise UserError(f"store={cfg.store}: a folder, or store.folder= and store.url=")
    if cfg.learning.experiment not in names_in("experiment"):
        raise UserError("learning.experiment: " + unknown_name("experiment", cfg.learning.experiment, names_in("experiment")))
    if cfg.learning.minutes <= 0:
        raise UserError(f"learning.minutes={cfg.learning.minutes:g}: it must be above 0")
    wanted = {str(task): weights for task, weights in cfg.weights.items() if weights is not None}
    for task, weights in wanted.items():
        if task not in (known := names_in("task")):
            raise UserError("weights: " + unknown_name("task", task, known))
        check_bundle(f"weights.{task}", task, weights)
    if not wanted:
        raise UserError("weights: every task is left out; there is nothing to serve")
    for task, readers in cfg.readers.items():
        if task not in wanted:
            raise UserError(f"readers.{task}: this server answers for {', '.join(wanted)}; name weights.{task} too")
        for name, own in readers.items():
            if name == DEFAULT_READER:
                raise UserError(f"readers.{task}.{name}: that is what the one of weights.{task} is called; choose another name")
            if "weights" in own:
                check_bundle(f"readers.{task}.{name}.weights", task, own["weights"])


def check_bundle(key: str, task: str, weights: str) -> None:
    """Raises UserError where there is no bundle."""
    if not (bundle_folder(weights, task) / MANIFEST).is_file():
        raise UserError(
            f"{key}={weights}: there is no bundle in {bundle_folder(weights, task)}; name another, or leave it out (null)"
        )
