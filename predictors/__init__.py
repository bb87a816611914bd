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
    from predictors.engines.loading import predictor_for
    from utils.configuration.check import schema

    bundle = Bundle.load(Path(bundle_folder(weights, task)), task)
    known = [*map(str, bundle.config), *schema("task", bundle.config.task.name).OF_THE_RUN]
    for key in options:
        if key not in known:
            raise UserError(unknown_name("key", key, known))
    predictor, _ = predictor_for(bundle, OmegaConf.merge(bundle.config, options), engine)
    return predictor
