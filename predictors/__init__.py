"""From images to answers: ``from predictors import load``."""

from pathlib import Path
from typing import Any


def load(task: str, weights: str = "pretrained", *, engine: str = "auto", **options: Any) -> Any:
    """A predictor, ready to use.

    Args:
        task: such as ``"eraser"``.
        weights: ``"pretrained"`` for the shipped weights, or a bundle folder.
        engine: ``auto``, ``onnx`` or ``keras``.
        options: the task's own keys where they should differ from the bundle's or the task's, such as
            ``remove=["rules"]`` or ``decoder={"name": "beam"}``; what a decoder leaves open is as in its YAML file.
            ``runtime={"threads": 1}`` and so on say how to compute: whatever the training did, it is in float32, on the
            GPU if there is one, and on all cores else.

    Raises:
        UserError: there are no such weights, a key is unknown, or a value is of another type.
    """
    from base.bundle import Bundle, bundle_folder
    from predictors.engines.loading import asked_of, predictor_for

    bundle = Bundle.load(Path(bundle_folder(weights, task)), task)
    predictor, _ = predictor_for(bundle, asked_of(bundle, options), engine)
    return predictor
