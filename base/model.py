"""What every network of the project offers."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

NUMBER = r"_\d+(?=/|$)"  # that Keras adds to a layer's name


class BaseModel(ABC):
    """Builds a Keras network from its config, and owns its loss, its metrics and what its outputs mean.

    Args:
        cfg: the values of ``configs/model/<name>.yaml``.
    """

    def __init__(self, cfg: Any) -> None:
        self.cfg = cfg
        self.network = self.build()

    @abstractmethod
    def build(self) -> Any:
        """Returns a new, untrained `keras.Model`."""

    @property
    def inference(self) -> Any:
        """The `keras.Model` that answers; for most models the one that trains."""
        return self.network

    def losses(self) -> Any:
        """Returns the loss that `keras.Model.compile` takes; None where the network computes its own, of its inputs."""
        return None

    def metrics(self) -> list:
        """Returns new metrics for `keras.Model.compile`; none unless a model has some."""
        return []

    @property
    @abstractmethod
    def stride(self) -> int:
        """Height and width that go into the network must be multiples of this many pixels."""

    def facts(self) -> dict[str, Any]:
        """What prediction must know of the network without building it."""
        return {"stride": self.stride}

    def weights(self) -> dict[str, np.ndarray]:
        """All variables by a stable name, mostly float32: what a bundle stores."""
        return {name: np.asarray(variable) for name, variable in self._named_variables()}

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Sets every variable; raises KeyError or ValueError where names or shapes do not fit this network."""
        for name, variable in self._named_variables():
            variable.assign(weights[name].astype(variable.dtype))

    def take_fitting_weights(self, weights: dict[str, np.ndarray], facts: dict[str, Any]) -> list[str]:
        """Sets the variables that have a namesake of their shape; returns the names of the others, which stay new.

        Args:
            weights: of another model.
            facts: what that model said of itself.
        """
        left = []
        for name, variable in self._named_variables():
            if name in weights and weights[name].shape == tuple(variable.shape):
                variable.assign(weights[name].astype(variable.dtype))
            else:
                left.append(name)
        return left

    def _named_variables(self) -> Iterator[tuple[str, Any]]:
        """Keras numbers layers by how many were made before in the process; here they count from the network's first."""
        places: dict[str, dict[str, int]] = {}
        for variable in self.network.variables:
            layer, _, rest = variable.path.partition("/")
            kind = re.sub(NUMBER, "", layer)
            place = places.setdefault(kind, {}).setdefault(layer, len(places[kind]))
            yield f"{kind}.{place}/{re.sub(NUMBER, '', rest)}", variable
