"""From images to answers: ``from predictors import load``."""

from pathlib import Path
from typing import Any


def load(task: str, weights: str = "pretrained", *, engine: str = "auto", **options: Any) -> Any:
    """A predictor, ready to use.

    Args:
        task: such as ``"eraser"``.
        weights: ``"pretrained"`` for the shipped weights, or a bundle folder.
        engine: ``auto``, ``onnx`` or ``keras``.
        options: the task's own keys where they should differ from those that the bundle was trained with, such as
            ``remove=["rules"]`` or ``decoder={"name": "beam"}``; what a decoder leaves open is as in its YAML file.

    Raises:
        UserError: there are no such weights, or a key is unknown.
    """
    from omegaconf import OmegaConf

    from base.bundle import Bundle, bundle_folder
    from base.errors import UserError
    from base.registry import unknown_name
    from base.trainer import OF_THE_RUN
    from predictors.engines.loading import predictor_for

    bundle = Bundle.load(Path(bundle_folder(weights, task)), task)
    for key in options:
        if key not in (*bundle.config, *OF_THE_RUN):
            raise UserError(unknown_name("key", key, [*map(str, bundle.config), *OF_THE_RUN]))
    predictor, _ = predictor_for(bundle, OmegaConf.merge(bundle.config, options), engine)
    return predictor
