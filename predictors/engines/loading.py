"""From a bundle, or its name, to a predictor."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf

from base.bundle import Bundle
from base.data_generator import BaseDataGenerator
from base.errors import UserError
from base.predictor import BasePredictor
from base.registry import PREDICTORS, unknown_name
from predictors.engines.networks import keras_network, open_network
from utils.configuration.check import hold_against, schema
from utils.configuration.groups import task_defaults, with_defaults

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


def asked_of(bundle: Bundle, options: Mapping[str, Any]) -> DictConfig:
    """What a predictor is to do, where no command line says so: the task's defaults, the bundle's specification, and options.

    Args:
        bundle: the trained model.
        options: the keys that the task's schema lists as ``OF_PREDICTION``, ``decoder`` and ``runtime``.

    Raises:
        UserError: a key is unknown, or a value is of another type.
    """
    name = bundle.config.task.name
    module = schema("task", name)
    known = [*module.OF_PREDICTION, "decoder", "runtime"]
    for key in options:
        if key not in known:
            raise UserError(unknown_name("key", key, known))
    own = OmegaConf.create({key: value for key, value in options.items() if key not in ("decoder", "runtime")})
    hold_against(own, module, is_whole=False)
    specified = OmegaConf.masked_copy(bundle.config, ["task", "model", *module.IN_A_BUNDLE])
    cfg = OmegaConf.create(task_defaults(name))
    cfg.merge_with(specified, own, {key: options[key] for key in options if key not in own})
    hold_against(OmegaConf.masked_copy(cfg, ["runtime"]), schema("config", "config"), is_whole=False)
    return cfg


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
