"""A trained model as a folder that can be moved, shipped and checked."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from base.arrays import read_arrays
from base.errors import UserError
from base.registry import ROOT

PRETRAINED = ROOT / "experiments" / "pretrained"
FORMAT = 2
READABLE = (1, 2)  # of format 1 config.yaml is the whole config of the run, of which only the specification is used
MANIFEST = "bundle.json"
REQUIRED = ("config.yaml", "weights.npz")
PROVENANCE = "run.yaml"
MOST_TEXT_BYTES = 4 * 2**20  # of config.yaml and of bundle.json
NAMED = ("task.name", "task.predictor", "model.name")  # what a specification must name
DEEPEST = 40  # mappings and lists within each other
LARGEST_SIZE = 2**16  # of anything in a network: channels, columns, pixels
SCALE = "|scale"  # after the name of an array of 8-bit weights: what its last axis is multiplied by
SMALLEST_COMPACT = 4096  # weights: smaller arrays, and vectors, stay as they are


@dataclass
class Bundle:
    """What is needed to predict: a specification that names the components, and the weights.

    A bundle's folder holds ``config.yaml``, ``weights.npz`` (float16, or 8 bits a weight, see `compact`), and as they come
    to be ``metrics.json``, ``card.md``, ``model.onnx``; ``run.yaml`` is the whole config of the run that trained it, which
    nothing here reads. ``bundle.json`` lists the parts with their SHA-256, so that parts of two bundles cannot be mixed
    unnoticed.

    A bundle may come from anybody: its YAML is read without references and interpolations, its parts lie in its folder,
    and neither its files nor the sizes of its network may be without measure.

    Attributes:
        folder: where it lies.
        config: the specification: ``task``, ``model``, and what the task's schema lists as ``IN_A_BUNDLE``.
        facts: what prediction must know of the network without building it, such as its ``stride`` in pixels, and how its
            answers are decoded and calibrated.
    """

    folder: Path
    config: DictConfig
    facts: dict[str, Any]

    @classmethod
    def load(cls, folder: Path, task: str | None = None) -> "Bundle":
        """Opens a bundle and checks that its parts belong together.

        Args:
            folder: the bundle's folder.
            task: what the bundle must be for, or None for any task.

        Raises:
            UserError: there is no bundle, a part is missing or is not the one that belongs to it, or it is for
                another task.
        """
        manifest_path = folder / MANIFEST
        if not manifest_path.is_file():
            raise UserError(
                f"{folder} is not a bundle: it has no {MANIFEST} (a bundle is what training writes to its run folder)"
            )
        manifest = _read_manifest(manifest_path)
        for name in REQUIRED:
            if name not in manifest["parts"]:
                raise UserError(f"{folder}: {MANIFEST} does not list {name}; train again, or take a whole copy")
        for name, digest in manifest["parts"].items():
            if Path(name).name != name:
                raise UserError(f"{folder}: {MANIFEST} lists {name}, which is no file of the bundle's folder")
            if not (folder / name).is_file():
                raise UserError(f"{folder}: the part {name} is missing; take a whole copy of the bundle")
            if _digest(folder / name) != digest:
                raise UserError(f"{folder}: {name} is not the part that belongs to this bundle (its SHA-256 differs)")
        config = _read_specification(folder / "config.yaml")
        if task is not None and config.task.name != task:
            raise UserError(f"{folder} is a bundle for task={config.task.name}, not for task={task}")
        return cls(folder, config, manifest["facts"])

    @classmethod
    def write(
        cls,
        folder: Path,
        config: DictConfig,
        weights: dict[str, np.ndarray],
        facts: dict[str, Any],
        run: DictConfig | None = None,
    ) -> "Bundle":
        """Writes a bundle; a part that is added later wants a `seal`.

        Args:
            folder: where to.
            config: the specification.
            weights: by variable path; they are stored as float16.
            facts: see the class.
            run: the config of the run that trained it, for the record.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / MANIFEST).unlink(missing_ok=True)  # it comes back last: without it the folder is no bundle
            OmegaConf.save(config, folder / "config.yaml", resolve=True)
            if run is not None:
                OmegaConf.save(run, folder / PROVENANCE, resolve=True)
            stored = {name: halved(array) for name, array in weights.items()}
            np.savez_compressed(folder / "weights.npz", allow_pickle=False, **stored)
        except OSError as error:
            raise UserError(f"cannot write the bundle {folder}: {error.strerror or error}") from error
        bundle = cls(folder, config, facts)
        bundle.seal()
        return bundle

    def learn(self, facts: dict[str, Any]) -> None:
        """Adds facts that were found out after the weights were written."""
        self.facts |= facts
        self.seal()

    def compact(self) -> None:
        """Rounds the large matrices of ``weights.npz`` to 8 bits a weight, with a scale for each of their last axis.

        A ``model.onnx`` would no longer be of these weights, so it goes.
        """
        stored: dict[str, np.ndarray] = {}
        for name, array in self.weights().items():
            if array.dtype != np.float32 or array.ndim < 2 or array.size < SMALLEST_COMPACT:
                stored[name] = halved(array)
                continue
            scale = (np.maximum(np.abs(array).max(axis=tuple(range(array.ndim - 1))), 1e-8) / 127).astype(np.float32)
            stored[name] = np.round(array / scale).astype(np.int8)
            stored[name + SCALE] = scale
        aside = self.folder / ".weights.partial.npz"
        try:
            np.savez_compressed(aside, allow_pickle=False, **stored)
            (self.folder / MANIFEST).unlink()  # it comes back last: without it the folder is no bundle
            aside.replace(self.folder / "weights.npz")
            (self.folder / "model.onnx").unlink(missing_ok=True)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise UserError(f"cannot write the bundle {self.folder}: {error.strerror or error}") from error
        self.seal()

    def seal(self) -> None:
        """Lists the parts that lie in the folder now as those that belong together."""
        parts = sorted(path for path in self.folder.iterdir() if path.is_file() and path.name != MANIFEST and path.name[0] != ".")
        manifest = {"format": FORMAT, "facts": self.facts, "parts": {path.name: _digest(path) for path in parts}}
        aside = self.folder / f".{MANIFEST}.partial"
        try:
            aside.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            aside.replace(self.folder / MANIFEST)
        except OSError as error:
            raise UserError(f"cannot write the bundle {self.folder}: {error.strerror or error}") from error

    def weights(self) -> dict[str, np.ndarray]:
        """The variables by path, as float32 where they are fractions; raises UserError for a file that cannot be read."""
        try:
            arrays = read_arrays(self.folder / "weights.npz")
        except ValueError as error:
            raise UserError(f"{self.folder}/weights.npz cannot be read ({error}); take a whole copy of the bundle") from error
        scales = {name.removesuffix(SCALE): arrays.pop(name) for name in list(arrays) if name.endswith(SCALE)}
        return {
            name: array * scales[name] if name in scales else array.astype(np.float32) if array.dtype.kind == "f" else array
            for name, array in arrays.items()
        }

    @property
    def onnx_path(self) -> Path | None:
        """The network for ONNX Runtime, or None where the bundle has none."""
        path = self.folder / "model.onnx"
        return path if path.is_file() else None


def bundle_folder(weights: str, task: str) -> Path:
    """The folder of a task's ``pretrained`` weights, or the named folder."""
    return PRETRAINED / task if weights == "pretrained" else Path(weights).expanduser()


def halved(array: np.ndarray) -> np.ndarray:
    """Weights as float16; as they are where they are no float32, or too large for it, as the variance of a wide range may be."""
    if array.dtype != np.float32 or np.abs(array).max(initial=0.0) > np.finfo(np.float16).max:
        return array
    return array.astype(np.float16)


def _read_specification(path: Path) -> DictConfig:
    """A bundle's ``config.yaml``; raises UserError for what is no plain mapping of sane sizes, names what is wrong."""
    text = _read_text(path)
    try:
        _refuse_bombs(path, text)
        config = OmegaConf.create(text)
        values = OmegaConf.to_container(config, resolve=False)
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"{path} is not YAML as bundles have it ({str(error).splitlines()[0]})") from error
    if not isinstance(config, DictConfig):
        raise UserError(f"{path} is a list, not a mapping; take a whole copy of the bundle")
    leaves = dict(_leaves(values, ""))
    for key in NAMED:
        if not isinstance(leaves.get(key), str):
            raise UserError(f"{path}: it names no {key}; take a whole copy of the bundle")
    for key, value in leaves.items():
        if isinstance(value, str) and "${" in value:
            raise UserError(f"{path}: {key} is an interpolation ({value[:40]}), which a bundle must not hold")
        if key.startswith("model.") and isinstance(value, int) and value > LARGEST_SIZE:
            raise UserError(f"{path}: {key}={value} is no size of a network (at most {LARGEST_SIZE})")
    return config


def _refuse_bombs(path: Path, text: str) -> None:
    """Raises UserError for YAML that would cost more time or memory than its length allows for; looked at piece by piece."""
    depth = 0
    for event in yaml.parse(text):
        if isinstance(event, yaml.AliasEvent):
            raise UserError(f"{path}: it holds references, which could make it larger than any memory")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise UserError(f"{path}: it is nested more than {DEEPEST} times deep; no bundle is")


def _leaves(values: Any, key: str) -> Iterator[tuple[str, Any]]:
    """The values of nested mappings and lists, each with its dotted key."""
    if isinstance(values, dict | list):
        for name, value in values.items() if isinstance(values, dict) else enumerate(values):
            yield from _leaves(value, f"{key}.{name}".removeprefix("."))
    else:
        yield key, values


def _read_text(path: Path) -> str:
    if path.stat().st_size > MOST_TEXT_BYTES:
        raise UserError(f"{path} has more than {MOST_TEXT_BYTES // 2**20} MiB: it is not of a bundle")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8; take a whole copy of the bundle") from error


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_read_text(path))
        known = manifest["format"] in READABLE and all(isinstance(manifest[key], dict) for key in ("facts", "parts"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path} cannot be read; take a whole copy of the bundle") from error
    if not known:
        raise UserError(f"{path}: not a bundle of a format up to {FORMAT}; use the version of the program that wrote it")
    return manifest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
