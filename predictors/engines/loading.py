"""From a bundle, or its name, to a predictor."""

from typing import Any

from base.bundle import Bundle
from base.data_generator import BaseDataGenerator
from base.errors import UserError
from base.predictor import BasePredictor
from base.registry import PREDICTORS
from predictors.engines.networks import keras_network, open_network
from utils.configuration.groups import with_defaults

PROBES = 3  # samples that an export is compared on


def predictor_for(bundle: Bundle, cfg: Any, engine: str) -> tuple[BasePredictor, str]:
    """The predictor of a bundle's task and the engine that runs it.

    Args:
        bundle: the trained model.
        cfg: the caller's config: ``runtime`` and the task's own keys are used.
        engine: ``auto``, ``onnx`` or ``keras``.
    """
    network, engine = open_network(bundle, engine, cfg.runtime, wanted_beam(bundle.facts, cfg))
    facts = {**bundle.facts, "folder": str(bundle.folder)}
    return PREDICTORS.get(bundle.config.task.predictor)(network, facts, cfg), engine


def wanted_beam(facts: dict[str, Any], cfg: Any) -> int | None:
    """How many texts a network that searches should keep: as ``decoder=greedy`` or ``beam`` say; None as it is.

    Raises:
        UserError: another decoder is asked for, and such a network decodes itself.
    """
    if "beam_width" not in facts or not cfg.get("decoder"):
        return None
    decoder = with_defaults("decoder", cfg.decoder)
    if decoder["name"] not in ("greedy", "beam"):
        raise UserError(
            f"decoder={decoder['name']} needs the frames of CTC, and this reader writes its texts itself: use decoder=greedy or "
            "decoder=beam"
        )
    return int(decoder["width"]) if decoder["name"] == "beam" else 1


def recorded_inputs(model: Any, cfg: Any, data: BaseDataGenerator) -> Any:
    """What a model's network is given first when samples are predicted: real inputs to compare networks on.

    Raises:
        UserError: none of the samples can be read.
    """
    seen: list[Any] = []
    network = keras_network(model)

    def recording(batch: Any) -> Any:
        seen.append(batch)
        return network(batch)

    images = [data.sample(index).image for index in range(PROBES)]
    PREDICTORS.get(cfg.task.predictor)(recording, model.facts(), cfg).predict(images)
    if not seen:
        raise UserError("the export was not compared with Keras, and not kept: no validation image can be read")
    return seen[0]


def live_predictor(model: Any, cfg: Any, facts: dict[str, Any] | None = None) -> BasePredictor:
    """A predictor around a model in training; ``facts`` are known besides those of the model."""
    network = keras_network(model, wanted_beam(model.facts(), cfg))
    return PREDICTORS.get(cfg.task.predictor)(network, {**model.facts(), **(facts or {})}, cfg)
