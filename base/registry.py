"""Components by name: a module registers one class under the module's own name, and is imported when it is asked for."""

import importlib
import pkgutil
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from base.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


class Registry:
    """Maps names to classes or functions that live in one package.

    ``registry.get("unet")`` imports ``models/unet.py``, and no other module, and returns what that module registered.

    Args:
        kind: what the components are called in messages, such as ``"model"``.
        package: the dotted package that holds them, such as ``"models"``.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._components: dict[str, Any] = {}

    def register(self, name: str) -> Callable[[Any], Any]:
        """Decorator that files a class under ``name``; raises ValueError if another one has that name already."""

        def file_component(component: Any) -> Any:
            known = self._components.get(name)
            if known is not None and known.__module__ != component.__module__:
                raise ValueError(f"two components are registered as {self.kind} {name!r}: {known} and {component}")
            self._components[name] = component
            return component

        return file_component

    def get(self, name: str) -> Any:
        """Returns the component called ``name``; raises UserError with close matches if there is none."""
        if name not in self._components:
            if name not in self.names():
                raise UserError(unknown_name(self.kind, name, self.names()))
            importlib.import_module(f"{self.package}.{name}")
        return self._components[name]

    def names(self) -> list[str]:
        """Lists the names that exist, without importing anything: the modules that register themselves."""
        folder = ROOT.joinpath(*self.package.split("."))
        modules = (module.name for module in pkgutil.iter_modules([str(folder)]) if not module.ispkg)
        return [name for name in modules if f'.register("{name}")' in (folder / f"{name}.py").read_text("utf-8")]


def unknown_name(kind: str, name: str, known: list[str]) -> str:
    """One line that says that ``name`` is unknown, with the closest known names first."""
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return f"unknown {kind} {name!r}: {hint}(there are: {', '.join(sorted(known))})"


MODELS = Registry("model", "models")
DATA_GENERATORS = Registry("data generator", "data_generators")
SOURCES = Registry("source", "data_generators.sources")
WRITERS = Registry("format", "data_generators.writers")
TEXT_SAMPLERS = Registry("text sampler", "data_generators.samplers")
TRAINERS = Registry("trainer", "trainers")
PREDICTORS = Registry("predictor", "predictors")
CALLBACKS = Registry("callback", "callbacks")
DECODERS = Registry("decoder", "predictors.decoders")
PAGE_FORMATS = Registry("page format", "predictors.page_formats")
