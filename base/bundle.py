"""A trained model as a folder that can be moved, shipped and checked."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from base.registry import ROOT

PRETRAINED = ROOT / "experiments" / "pretrained"
FORMAT = 1
MANIFEST = "bundle.json"
REQUIRED = ("config.yaml", "weights.npz")
SCALE = "|scale"  # after the name of an array of 8-bit weights: what its last axis is multiplied by
SMALLEST_COMPACT = 4096  # weights: smaller arrays, and vectors, stay as they are


@dataclass
class Bundle:
    """What is needed to predict: the config that names the components, and the weights.

    A bundle's folder holds ``config.yaml``, ``weights.npz`` (float16, or 8 bits a weight, see `compact`), and as they come
    to be ``metrics.json``, ``card.md``, ``model.onnx``. ``bundle.json`` lists the parts with their SHA-256, so that parts of
    two bundles cannot be mixed unnoticed.

    Attributes:
        folder: where it lies.
        config: the resolved config of the run that trained it.
        facts: what prediction must know of the network without building it, such as its ``stride`` in pixels.
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
            if not (folder / name).is_file():
                raise UserError(f"{folder}: the part {name} is missing; take a whole copy of the bundle")
            if _digest(folder / name) != digest:
                raise UserError(f"{folder}: {name} is not the part that belongs to this bundle (its SHA-256 differs)")
        config = OmegaConf.load(folder / "config.yaml")
        if not isinstance(config, DictConfig):
            raise UserError(f"{folder}/config.yaml: not a mapping")
        if task is not None and config.task.name != task:
            raise UserError(f"{folder} is a bundle for task={config.task.name}, not for task={task}")
        return cls(folder, config, manifest["facts"])

    @classmethod
    def write(cls, folder: Path, config: DictConfig, weights: dict[str, np.ndarray], facts: dict[str, Any]) -> "Bundle":
        """Writes config and weights (as float16) into a folder; a part that is added later wants a `seal`."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / MANIFEST).unlink(missing_ok=True)  # it comes back last: without it the folder is no bundle
            OmegaConf.save(config, folder / "config.yaml", resolve=True)
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
            with np.load(io.BytesIO((self.folder / "weights.npz").read_bytes()), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (zipfile.BadZipFile, ValueError, EOFError) as error:
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
    return PRETRAINED / task if weights == "pretrained" else Path(weights)


def halved(array: np.ndarray) -> np.ndarray:
    """Weights as float16; as they are where they are no float32, or too large for it, as the variance of a wide range may be."""
    if array.dtype != np.float32 or np.abs(array).max(initial=0.0) > np.finfo(np.float16).max:
        return array
    return array.astype(np.float16)


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text("utf-8"))
        known = manifest["format"] == FORMAT and "facts" in manifest and "parts" in manifest
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read; take a whole copy of the bundle") from error
    if not known:
        raise UserError(f"{path}: not a bundle of format {FORMAT}; use the version of the program that wrote it")
    return manifest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
